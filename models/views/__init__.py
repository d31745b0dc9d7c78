"""What leaves this package: values made for one actor, holding just what was asked for and may be read."""
