// GraphiQL for the person who is signed in: the tabs of their role, nothing kept in the browser, each outcome in words.
import './nonce.js';
import './workers.js';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import 'graphiql/graphiql.css';
import './workbench.css';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { Companion } from './companion.jsx';
import { fetcherOf } from './fetcher.js';
import { inMemory } from './storage.js';
import { defineThemes, THEMES } from './themes.js';

const { graphql, tabs } = JSON.parse(document.getElementById('configuration').textContent);
const [first] = tabs;
defineThemes();

/** The variables, which people change, get nearly as much room as the document, which they read. */
const LAYOUT = { 'graphiql:secondaryEditorFlex': '1.1' };

createRoot(document.getElementById('workbench')).render(
  <GraphiQL
    className="workbench"
    defaultEditorToolsVisibility="variables"
    defaultTabs={tabs}
    editorTheme={THEMES}
    fetcher={fetcherOf(graphql)}
    initialQuery={first.query}
    initialVariables={first.variables}
    inputValueDeprecation
    isHeadersEditorEnabled={false}
    plugins={[]}
    schemaDescription
    shouldPersistHeaders={false}
    showPersistHeadersSettings={false}
    storage={inMemory(LAYOUT)}
  >
    <GraphiQL.Logo>{' '}</GraphiQL.Logo>
    <GraphiQL.Toolbar>{({ prettify, copy }) => [prettify, copy]}</GraphiQL.Toolbar>
    <Companion />
  </GraphiQL>,
);
