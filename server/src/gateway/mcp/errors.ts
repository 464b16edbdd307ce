import type { Meaning } from '../errors.ts';

/** What a caller of a tool is told beside the codes of every request. */
export type McpErrorCode =
  | 'mcp_message_invalid'
  | 'mcp_method_unknown'
  | 'mcp_version_unsupported'
  | 'mcp_header_mismatch'
  | 'mcp_session_missing'
  | 'mcp_session_unknown'
  | 'mcp_origin_refused'
  | 'mcp_tool_not_allowed'
  | 'mcp_tool_unknown'
  | 'mcp_tool_withheld'
  | 'mcp_class_not_permitted'
  | 'mcp_server_unavailable'
  | 'mcp_server_failed'
  | 'mcp_server_timeout';

const invalid = 'invalid_request_error';
const forbidden = 'policy_violation';
const failed = 'server_error';

export const mcpErrors: Readonly<Record<McpErrorCode, Meaning>> = {
  mcp_message_invalid: {
    status: 400,
    type: invalid,
    text: {
      en: 'This is no single JSON-RPC 2.0 request or notification.',
      ja: 'JSON-RPC 2.0 の一つの要求又は通知ではありません。',
    },
  },
  mcp_method_unknown: {
    status: 404,
    type: invalid,
    text: {
      en: 'This method does not pass here. Tools do; resources, prompts and the rest do not.',
      ja: 'このメソッドは通せません。通せるのはツールだけで、リソースやプロンプトなどは通せません。',
    },
  },
  mcp_version_unsupported: {
    status: 400,
    type: invalid,
    text: {
      en: 'This revision of MCP is not spoken here. Spoken are:',
      ja: 'この版の MCP には対応していません。対応している版:',
    },
  },
  mcp_header_mismatch: {
    status: 400,
    type: invalid,
    text: {
      en: 'A header that repeats the body is missing or does not agree with it.',
      ja: '本文を繰り返すヘッダーがないか、本文と一致しません。',
    },
  },
  mcp_session_missing: {
    status: 400,
    type: invalid,
    text: {
      en: 'This request needs the Mcp-Session-Id that initialize was answered with.',
      ja: 'この要求には、initialize の応答にある Mcp-Session-Id が必要です。',
    },
  },
  mcp_session_unknown: {
    status: 404,
    type: invalid,
    text: {
      en: 'There is no such session, or no more. Start again with initialize.',
      ja: 'そのセッションはないか、終わっています。initialize からやり直してください。',
    },
  },
  mcp_origin_refused: {
    status: 403,
    type: forbidden,
    text: {
      en: 'Pages of this origin may not call here. The operator may name it under mcp.origins.',
      ja: 'このオリジンのページからは呼び出せません。管理者が mcp.origins に書けば使えます。',
    },
  },
  mcp_tool_not_allowed: {
    status: 403,
    type: forbidden,
    text: {
      en: 'This key may not call this tool. An operator allows it with:',
      ja: 'このキーではこのツールを呼び出せません。管理者は次のように許可できます:',
    },
  },
  mcp_tool_unknown: {
    status: 404,
    type: invalid,
    text: {
      en: 'There is no such tool here. tools/list names those there are.',
      ja: 'そのツールはありません。tools/list で一覧を見られます。',
    },
  },
  mcp_tool_withheld: {
    status: 403,
    type: forbidden,
    text: {
      en: 'The description of this tool changed or was stopped by a rule. It is withheld until an operator has looked at it.',
      ja: 'このツールの説明が変わったか、規則により止められました。管理者が確認するまで使えません。',
    },
  },
  mcp_class_not_permitted: {
    status: 403,
    type: forbidden,
    text: {
      en: 'The policy does not let data of this class go to the server of this tool:',
      ja: 'この区分のデータを、このツールのサーバーに渡すことは規則で許されていません:',
    },
  },
  mcp_server_unavailable: {
    status: 502,
    type: failed,
    text: {
      en: 'The server of this tool cannot be reached. Try again in a moment.',
      ja: 'このツールのサーバーに接続できません。しばらくして再度お試しください。',
    },
  },
  mcp_server_failed: {
    status: 502,
    type: failed,
    text: {
      en: 'The server of this tool gave no answer that can be used.',
      ja: 'このツールのサーバーから、使える応答がありませんでした。',
    },
  },
  mcp_server_timeout: {
    status: 504,
    type: failed,
    text: {
      en: 'The server of this tool did not answer in time.',
      ja: 'このツールのサーバーは時間内に応答しませんでした。',
    },
  },
};
