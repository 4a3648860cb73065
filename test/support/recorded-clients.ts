/** A registration request as a client sends it, and what the effective registration is. */
export interface RecordedClient {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Members of the answer that are not what was asked for, or were not asked for at all. */
  readonly effective: Readonly<Record<string, unknown>>;
}

const CODE_AND_REFRESH = ['authorization_code', 'refresh_token'];
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

const CURSOR = {
  client_name: 'Cursor',
  redirect_uris: [
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'https://www.cursor.com/agents/mcp/oauth/callback',
    'http://localhost:8787/callback',
  ],
  grant_types: CODE_AND_REFRESH,
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};

const CLAUDE = {
  client_name: 'Claude',
  redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
  grant_types: [...CODE_AND_REFRESH, JWT_BEARER],
  response_types: ['code'],
};

const CLAUDE_CODE = {
  client_name: 'Claude Code (tides)',
  redirect_uris: ['http://localhost:53682/callback'],
  grant_types: CODE_AND_REFRESH,
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};

const CHATGPT = {
  client_name: 'ChatGPT',
  redirect_uris: ['https://chatgpt.com/connector/oauth/Xq2Lr8mTz0aB'],
  grant_types: CODE_AND_REFRESH,
  response_types: ['code'],
};

const VISUAL_STUDIO_CODE = {
  client_name: 'Visual Studio Code',
  client_uri: 'https://code.visualstudio.com',
  response_types: ['code'],
  redirect_uris: [
    'https://insiders.vscode.dev/redirect',
    'https://vscode.dev/redirect',
    'http://127.0.0.1/',
    'http://127.0.0.1:33418/',
  ],
  token_endpoint_auth_method: 'none',
  application_type: 'native',
};

/** What clients of the Model Context Protocol register with, by their public sources and by reports of servers. */
export const recordedClients: readonly RecordedClient[] = [
  {
    name: 'VS Code, with the grants the server advertises',
    body: { ...VISUAL_STUDIO_CODE, grant_types: CODE_AND_REFRESH, scope: 'api:read api:write' },
    effective: {},
  },
  {
    name: 'VS Code, where the server advertises no grants',
    body: { ...VISUAL_STUDIO_CODE, grant_types: [...CODE_AND_REFRESH, DEVICE_CODE], scope: 'api:read' },
    effective: { grant_types: CODE_AND_REFRESH },
  },
  {
    name: 'VS Code of before',
    body: {
      ...VISUAL_STUDIO_CODE,
      application_type: undefined,
      grant_types: [...CODE_AND_REFRESH, DEVICE_CODE],
      redirect_uris: [...VISUAL_STUDIO_CODE.redirect_uris, 'http://localhost/', 'http://localhost:33418/'],
    },
    effective: { grant_types: CODE_AND_REFRESH, application_type: 'native', scope: 'api:read api:write' },
  },
  {
    name: 'MCP Inspector',
    body: {
      redirect_uris: ['http://localhost:6274/oauth/callback', 'http://localhost:6274/oauth/callback/debug'],
      token_endpoint_auth_method: 'none',
      grant_types: CODE_AND_REFRESH,
      response_types: ['code'],
      client_name: 'MCP Inspector',
      client_uri: 'https://github.com/modelcontextprotocol/inspector',
      scope: '',
    },
    effective: { application_type: 'native', scope: 'api:read api:write' },
  },
  {
    name: 'Claude with a secret',
    body: { ...CLAUDE, token_endpoint_auth_method: 'client_secret_post', scope: 'api:read' },
    effective: { grant_types: CODE_AND_REFRESH, application_type: 'web' },
  },
  {
    name: 'Claude without a secret',
    body: { ...CLAUDE, token_endpoint_auth_method: 'none' },
    effective: { grant_types: CODE_AND_REFRESH, application_type: 'web', scope: 'api:read api:write' },
  },
  {
    name: 'Claude Code',
    body: { ...CLAUDE_CODE, application_type: 'native' },
    effective: { scope: 'api:read api:write' },
  },
  {
    name: 'Claude Code without an application type',
    body: CLAUDE_CODE,
    effective: { application_type: 'native', scope: 'api:read api:write' },
  },
  {
    name: 'Cursor',
    body: CURSOR,
    effective: { application_type: 'native', scope: 'api:read api:write' },
  },
  {
    name: 'Cursor as a web client',
    body: { ...CURSOR, application_type: 'web' },
    effective: { application_type: 'native', scope: 'api:read api:write' },
  },
  {
    name: 'ChatGPT without a secret',
    body: { ...CHATGPT, token_endpoint_auth_method: 'none' },
    effective: { application_type: 'web', scope: 'api:read api:write' },
  },
  {
    name: 'ChatGPT with a secret',
    body: { ...CHATGPT, token_endpoint_auth_method: 'client_secret_post', scope: 'api:read' },
    effective: { application_type: 'web' },
  },
  {
    name: 'ChatGPT at its former address',
    body: {
      ...CHATGPT,
      redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
    effective: { application_type: 'web', scope: 'api:read api:write' },
  },
  {
    name: 'Codex',
    body: {
      client_name: 'Codex',
      redirect_uris: ['http://127.0.0.1:49731/callback/5hJ2mQ8x'],
      grant_types: CODE_AND_REFRESH,
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    },
    effective: { scope: 'api:read api:write' },
  },
  {
    name: 'OpenCode',
    body: {
      client_name: 'OpenCode',
      client_uri: 'https://opencode.ai',
      redirect_uris: ['http://127.0.0.1:19876/mcp/oauth/callback'],
      grant_types: CODE_AND_REFRESH,
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    effective: { application_type: 'native', scope: 'api:read api:write' },
  },
];
