import { type Policy, maySetCookies } from '#policy';
import type { CheckpointOptions } from './options.ts';

/** Says at the start what people would otherwise meet when they press the button. */
export function noticeSignIn(
  { signIn, institution }: Policy['document'],
  { environment, host, notice }: CheckpointOptions,
): void {
  if (signIn === undefined) return;
  const { clientSecretEnv } = signIn;
  if (clientSecretEnv !== undefined && (environment[clientSecretEnv]?.trim() ?? '') === '') {
    notice({
      en: `Nobody can sign in: set the client's secret in the environment variable ${clientSecretEnv}.`,
      ja: `サインインできません。環境変数 ${clientSecretEnv} にクライアントの秘密の値を設定してください。`,
    });
  }
  if (
    institution.publicUrl === undefined &&
    !maySetCookies(`http://${host.includes(':') ? `[${host}]` : host}`)
  ) {
    notice({
      en: 'Nobody can sign in: name the https address of this checkpoint as institution.publicUrl.',
      ja: 'サインインできません。この関所の https のアドレスを institution.publicUrl に書いてください。',
    });
  }
}
