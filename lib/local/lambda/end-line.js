// @ts-check
/**
 * Printed to both outputs once the handler has ended, as Lambda does in its log. The host passes it on to nobody.
 * @param {string} requestId
 */
export const endLine = (requestId) => `END RequestId: ${requestId}`;
