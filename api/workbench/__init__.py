"""GraphiQL for people in a browser, served by this server alone: page, tabs by role, and the files it is made of."""
