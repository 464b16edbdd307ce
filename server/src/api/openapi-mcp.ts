import { mcpMessageSchema } from '#gateway';
import { toolAcceptance } from './mcp-routes.ts';
import type { Operation, Shape } from './openapi-operations.ts';

const tool: Shape = {
  server: 'string',
  tool: 'string',
  state: 'string',
  sha256: 'string',
  waiting: 'string?',
  rules: ['string'],
  firstSeenMs: 'integer',
  definition: 'string',
  waitingDefinition: 'string?',
};
const rpc: Shape = { jsonrpc: 'string', id: 'any' };

/** Tools of other servers, and what is on record of them. */
export const mcpOperations: Readonly<Record<string, Operation>> = {
  'POST /mcp': {
    id: 'callMcp',
    text: {
      en: 'Tools of all MCP servers that a key may call, as server__tool. Both lives of MCP.',
      ja: 'キーで使えるすべての MCP サーバーのツール(server__tool の形)。MCP の新旧両方式に対応。',
    },
    needs: 'exchange',
    body: mcpMessageSchema,
    answer: { shape: rpc },
  },
  'DELETE /mcp': {
    id: 'endMcpSession',
    text: { en: 'Ends a session of MCP.', ja: 'MCP のセッションの終了。' },
    needs: 'exchange',
    answer: { status: 204 },
  },
  'POST /mcp/{server}': {
    id: 'callMcpServer',
    text: {
      en: 'Tools of one MCP server, under their own names.',
      ja: '一つの MCP サーバーのツール。名前はサーバーのもののまま。',
    },
    needs: 'exchange',
    body: mcpMessageSchema,
    answer: { shape: rpc },
  },
  'DELETE /mcp/{server}': {
    id: 'endMcpServerSession',
    text: { en: 'Ends a session of MCP at one server.', ja: '一つのサーバーのセッションの終了。' },
    needs: 'exchange',
    answer: { status: 204 },
  },
  'GET /api/mcp': {
    id: 'listMcpServers',
    text: {
      en: 'Each MCP server, what it offers now, and which definition of each tool is on record.',
      ja: 'MCP サーバーごとの今のツールと、記録されている説明。',
    },
    needs: 'passages',
    answer: {
      shape: {
        servers: [
          {
            id: 'string',
            transport: 'string',
            operator: 'string',
            jurisdiction: 'string',
            residency: 'string',
            maxClass: 'string',
            available: 'boolean',
            tools: [{ ...tool, offered: 'boolean' }],
          },
        ],
      },
    },
  },
  'POST /api/mcp/accept': {
    id: 'acceptMcpTool',
    text: {
      en: 'Accepts the changed definition of a tool, named by its hash. Recorded before it counts.',
      ja: '変わったツールの説明を、ハッシュを示して認めます。記録してから有効になります。',
    },
    needs: 'rules',
    body: toolAcceptance,
    answer: { shape: tool },
  },
};
