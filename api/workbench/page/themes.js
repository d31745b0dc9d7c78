// How the editors are coloured, light and dark: Monaco's own, with comments that can be read on either ground.
// Monaco itself is imported here, not only later by GraphiQL, so that its styles are in the page's style sheet.
import * as monaco from 'monaco-graphql/esm/monaco-editor.js';

export const THEMES = { dark: 'sessions-dark', light: 'sessions-light' };

export function defineThemes() {
  define(THEMES.light, 'vs', { accent: '#0b5a78', comment: '1f6b2e', ground: '#ffffff' });
  define(THEMES.dark, 'vs-dark', { accent: '#7cc7e8', comment: '9fd18b', ground: '#212a3b' });
}

function define(name, base, { accent, comment, ground }) {
  monaco.editor.defineTheme(name, {
    base,
    inherit: true,
    rules: [{ token: 'comment', foreground: comment }],
    colors: {
      'editor.background': '#ffffff00',
      'editorHoverWidget.background': ground,
      'editorSuggestWidget.background': ground,
      'editorWidget.background': ground,
      'menu.background': ground,
      'quickInput.background': ground,
      'scrollbar.shadow': '#ffffff00',
      'textLink.foreground': accent,
      focusBorder: accent,
    },
  });
}
