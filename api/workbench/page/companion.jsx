// What happens beside the editors: the first tab is run as it opens, Escape leaves, Ctrl-Enter runs from everywhere.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useRef } from 'react';

export function Companion() {
  const { run } = useGraphiQLActions();
  const variables = useGraphiQL(({ variableEditor }) => variableEditor);
  const query = useGraphiQL(({ queryEditor }) => queryEditor);
  const answer = useGraphiQL(({ responseEditor }) => responseEditor);
  const isReady = useGraphiQL(
    ({ documentAST, queryEditor, responseEditor, variableEditor }) =>
      Boolean(documentAST && queryEditor && responseEditor && variableEditor),
  );
  const hasRun = useRef(false);

  useEffect(() => {
    if (!isReady || hasRun.current) return;
    hasRun.current = true;
    quieten();
    run();
  }, [isReady, run]);

  useEffect(() => {
    explain(query, 'Document');
    explain(variables, 'Variables');
    answer?.updateOptions({ ariaLabel: 'Answer', links: false });
  }, [answer, query, variables]);

  useEffect(() => {
    const onKeyDown = (event) => {
      leaveEditor(event);
      if (!isToRun(event)) return;
      event.preventDefault();
      event.stopPropagation();
      run();
    };
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, [run]);
  return null;
}

/** Wrap long lines, make no link of what looks like an address, name the editor and its frame for screen readers. */
function explain(editor, name) {
  editor?.updateOptions({ ariaLabel: name, links: false, wordWrap: 'on' });
  const frame = editor?.getContainerDomNode();
  frame?.setAttribute('role', 'group');
  frame?.setAttribute('aria-label', `${name}: press Enter to edit, Escape to leave`);
}

/** The outcome is said in words; the whole answer read aloud at each change would drown them. */
function quieten() {
  document.querySelector('.result-window')?.setAttribute('aria-live', 'off');
}

/** Inside an editor the editor itself runs it: here is everywhere else. */
function isToRun({ ctrlKey, key, metaKey, target }) {
  return key === 'Enter' && (ctrlKey || metaKey) && !target.closest?.('.monaco-editor');
}

/** The Tab key belongs to an editor while one is in it: Escape goes back to its frame, where Tab moves on. */
function leaveEditor(event) {
  const frame = event.key === 'Escape' && event.target.closest?.('.monaco-editor')?.closest('[tabindex="0"]');
  if (frame && !frame.querySelector('.suggest-widget.visible, .find-widget.visible')) frame.focus();
}
