import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useWords } from '../text/words.tsx';

/** A page's title and first sentence. The title takes the focus when the page is changed. */
export function PageHead(props: {
  title: string;
  lead?: string;
  children?: ComponentChildren;
}): JSX.Element {
  const { text } = useWords();
  useEffect(() => {
    document.title = `${props.title} | ${text.product}`;
  }, [props.title, text]);
  return (
    <header class="page-head">
      <div>
        <h1 id="page-title" tabIndex={-1}>
          {props.title}
        </h1>
        {props.lead === undefined ? null : <p class="lead">{props.lead}</p>}
      </div>
      {props.children}
    </header>
  );
}
