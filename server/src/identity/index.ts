// Who people are: sign-in by OpenID Connect, and the sessions that come of it.
export { type SignInErrorCode, SignInError, signInErrors } from './errors.ts';
export { type Departure, type Entered, SignIn, type SignInPorts } from './sign-in.ts';
