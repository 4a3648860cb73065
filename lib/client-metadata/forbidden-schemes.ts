/**
 * Whether a scheme can never be a private-use URI scheme of an application (RFC 8252 section 7.1).
 * @param scheme lower-cased, without the colon
 */
export function isForbiddenScheme(scheme: string): boolean {
  return FORBIDDEN_SCHEMES.has(scheme) || FORBIDDEN_FAMILY.test(scheme);
}

/**
 * Families without end, all handed to parts of a browser or a system: `chrome-*`, the pages of extensions, Windows' `ms-*`
 * (ms-settings, ms-msdt), Apple's `x-apple.*` and `x-apple-*`. One letter is a drive of Windows: `c:/windows`.
 */
const FORBIDDEN_FAMILY = /^(?:chrome-.*|.*-extension|ms-.*|x-apple[.-].*|[a-z])$/;

/** Schemes that a browser or an operating system acts on itself: a redirect to one runs code or opens a local resource. */
const ACTIVE_SCHEMES = words(`
  about blob chrome data devtools edge feed file filesystem hcp intent itms-services its jar javascript livescript mhtml
  mk mocha res resource search search-ms shell smb ssh vbscript view-source wscript wyciwyg
`);

/**
 * IANA registry "Uniform Resource Identifier (URI) Schemes", all with status Permanent as of 2022-11-18 but http and
 * https. Its Provisional part is left out: applications register their own schemes there (vscode).
 */
const PERMANENT_SCHEMES = words(`
  aaa aaas about acap acct cap cid coap coap+tcp coap+ws coaps coaps+tcp coaps+ws crid data dav dict dns dtn example
  file ftp geo go gopher h323 iax icap im imap info ipn ipp ipps iris iris.beep iris.lwz iris.xpc iris.xpcs jabber
  ldap leaptofrogans mailto mid msrp msrps mtqp mupdate news nfs ni nih nntp opaquelocktoken pkcs11 pop pres reload
  rtsp rtsps rtspu service session shttp sieve sip sips sms snmp soap.beep soap.beeps stun stuns tag tel telnet tftp
  thismessage tip tn3270 turn turns tv urn vemmi vnc ws wss xcon xcon-userid xmlrpc.beep xmlrpc.beeps xmpp z39.50r
  z39.50s
`);

/** Schemes refused in every redirect URI, lower-cased, beside the families above. A host can add, never take away. */
export const FORBIDDEN_SCHEMES: ReadonlySet<string> = new Set([...ACTIVE_SCHEMES, ...PERMANENT_SCHEMES]);

function words(list: string): string[] {
  return list.trim().split(/\s+/);
}
