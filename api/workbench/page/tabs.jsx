// Tabs as screen readers and keyboards know them: arrows move between them, Delete closes one, one is in the tab order.
import { createContext, forwardRef, useContext } from 'react';

const Active = createContext(false);

const TabRoot = forwardRef(function Tab({ isActive, children }, ref) {
  return (
    <div ref={ref} role="presentation" className={isActive ? 'graphiql-tab graphiql-tab-active' : 'graphiql-tab'}>
      <Active value={isActive}>{children}</Active>
    </div>
  );
});

const TabButton = forwardRef(function TabButton({ children, ...props }, ref) {
  const isActive = useContext(Active);
  return (
    <button
      {...props}
      ref={isActive ? intoView : ref}
      type="button"
      role="tab"
      className="graphiql-un-styled graphiql-tab-button"
      aria-selected={isActive}
      tabIndex={isActive ? 0 : -1}
    >
      {spaced(children)}
    </button>
  );
});

/** For the mouse: it is hidden from the rest, who have the Delete key, because a list of tabs may hold tabs alone. */
const TabClose = forwardRef(function TabClose({ onClick }, ref) {
  return (
    <button
      ref={ref}
      type="button"
      aria-hidden="true"
      tabIndex={-1}
      className="graphiql-un-styled graphiql-tab-close"
      title="Close tab (Delete)"
      onClick={onClick}
    >
      ×
    </button>
  );
});

export const Tab = Object.assign(TabRoot, { Button: TabButton, Close: TabClose });

export const Tabs = forwardRef(function Tabs({ children, 'aria-label': label }, ref) {
  return (
    <div ref={ref} role="tablist" aria-label={label} className="graphiql-tabs no-scrollbar" onKeyDown={onKeyDown}>
      {children}
    </div>
  );
});

const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

function onKeyDown(event) {
  const tabs = [...event.currentTarget.querySelectorAll('[role=tab]')];
  const place = tabs.indexOf(event.target);
  if (place < 0) return;
  if (event.key === 'Delete') {
    event.target.parentElement.querySelector('.graphiql-tab-close')?.click();
    tabs[place === 0 ? 1 : place - 1]?.focus();
  } else if (event.key in STEPS) {
    event.preventDefault();
    const next = tabs[Math.min(Math.max(place + STEPS[event.key], 0), tabs.length - 1)];
    next.focus();
    next.click();
  }
}

/** Scroll the list alone: `scrollIntoView` would move the page with it. */
function intoView(tab) {
  const list = tab?.closest('[role=tablist]');
  if (!list) return;
  const { left, right } = tab.parentElement.getBoundingClientRect();
  const seen = list.getBoundingClientRect();
  if (left < seen.left) list.scrollLeft -= seen.left - left;
  if (right > seen.right) list.scrollLeft += right - seen.right;
}

/** Write an operation's name as words: ApproveFewer becomes "Approve fewer". */
function spaced(title) {
  const words = /^([A-Z][a-z]*)+$/.test(title) ? title.match(/[A-Z][a-z]*/g) : [title];
  return words.map((word, place) => (place ? word.toLowerCase() : word)).join(' ');
}
