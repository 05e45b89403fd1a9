#ifndef GATE_HARNESS_LOAD_TLS_H
#define GATE_HARNESS_LOAD_TLS_H

#include "gate/harness/address.h"
#include "gate/harness/load/stream.h"

/*
 * TLS 1.2 and 1.3 of the client's side, by OpenSSL. The peer's chain must
 * end in a certificate of address->ca_pem, which may be the peer's own
 * (self-signed), and hold address->server_name, which is also what SNI
 * asks for unless it is an IP address (RFC 6066, section 3). The system's
 * certificates are not asked. Sessions are not resumed: each connection
 * costs the service the same.
 */
struct tls_client;

/* PEM of one certificate or more; STATUS_POLICY says what is wrong with it. */
NODISCARD enum status tls_check_ca(struct str pem, struct err *err);

/* alpn: the one protocol that is asked for (RFC 7301): "http/1.1", "h2". Must be a literal. */
NODISCARD enum status tls_client_open(struct tls_client **out, const struct address *address,
                                      const char *alpn, struct err *err);
void tls_client_close(struct tls_client *client); /* NULL: nothing to do */

/*
 * TLS over stream->fd, which is connected. Errors of greet are
 * STATUS_INVALID and name the key to set: a certificate that is not
 * accepted, a peer that does not speak TLS or not the protocol.
 */
NODISCARD enum status tls_stream_open(struct stream *stream, const struct tls_client *client,
                                      struct err *err);

/* "TLS 1.3" or "TLS 1.2", once greeted. */
const char *tls_stream_version(const struct stream *stream);

#endif
