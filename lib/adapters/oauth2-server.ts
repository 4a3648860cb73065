export { OAuth2ServerClients, type OAuth2ServerClient } from './oauth2-server/oauth2-server.clients.js';
