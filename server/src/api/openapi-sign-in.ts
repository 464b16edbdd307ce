import type { Operation, Shape } from './openapi-operations.ts';

const session: Shape = {
  id: 'string',
  person: 'string',
  name: 'string',
  role: 'string',
  createdMs: 'integer',
  seenMs: 'integer',
  untilMs: 'integer',
  current: 'boolean',
};

/** Signing in to the console, and the sessions that come of it. */
export const signInOperations: Readonly<Record<string, Operation>> = {
  'GET /sign-in/offer': {
    id: 'getSignInOffer',
    text: {
      en: 'Whether people can sign in, and where that begins.',
      ja: 'サインインできるか、どこから始めるか。',
    },
    needs: 'nothing',
    answer: { shape: { signIn: 'any' } },
  },
  'GET /sign-in/start': {
    id: 'startSignIn',
    text: { en: 'Leads to the issuer.', ja: '発行元へ移ります。' },
    needs: 'nothing',
    query: { to: '#/chat' },
    answer: { status: 302, type: 'text/html' },
  },
  'GET /sign-in/callback': {
    id: 'completeSignIn',
    text: {
      en: 'The way back from the issuer; leads to the console.',
      ja: '発行元からの戻り先。コンソールへ移ります。',
    },
    needs: 'nothing',
    query: { code: 'a code', state: 'a state', iss: 'https://login.example.jp' },
    answer: { status: 302, type: 'text/html' },
  },
  'POST /sign-in/end': {
    id: 'endSignIn',
    text: {
      en: 'Ends the session of this browser; names the issuer’s own exit if there is one.',
      ja: 'このブラウザーのサインインを終えます。発行元の出口があれば、その場所を返します。',
    },
    needs: 'a session',
    answer: { shape: { leave: 'string?' } },
  },
  'POST /sign-in/back-channel-logout': {
    id: 'acceptIssuerLogout',
    text: {
      en: 'The issuer says that somebody signed out (OpenID Connect Back-Channel Logout).',
      ja: '発行元からのサインアウトの通知(OpenID Connect Back-Channel Logout)。',
    },
    needs: 'nothing',
    answer: { shape: { ended: 'boolean' } },
  },
  'GET /api/sessions': {
    id: 'listSessions',
    text: {
      en: 'Who is signed in; without the right, one’s own sessions only.',
      ja: 'サインイン中の人の一覧。権限がなければ自分の分のみ。',
    },
    needs: 'any key',
    answer: { shape: { sessions: [session], own: 'boolean' } },
  },
  'DELETE /api/sessions/{id}': {
    id: 'endSession',
    text: {
      en: 'Ends a session; without the right, one of one’s own.',
      ja: 'サインインを終了させます。権限がなければ自分の分のみ。',
    },
    needs: 'any key',
    answer: { shape: { id: 'string', ended: 'boolean' } },
  },
};
