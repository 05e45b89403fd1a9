#ifndef GATE_HARNESS_ADDRESS_H
#define GATE_HARNESS_ADDRESS_H

#include "gate/base/str.h"

/*
 * Where a service answers, and how it is spoken to there: a port of
 * 127.0.0.1 or a unix socket, with or without TLS. The load and the
 * control requests (readiness, profiles) take the same.
 */
struct address {
    uint16_t port;          /* of 127.0.0.1; means nothing where there is a socket */
    struct str socket;      /* absolute path of a unix socket; empty: TCP */
    bool is_tls;            /* what follows means nothing without */
    struct str ca_pem;      /* certificates, one of which the service's chain must end in */
    struct str server_name; /* host name or IP address that the certificate must hold */
};

/* A unix socket's path has less room than a file's: sun_path of unix(7), without its NUL. */
enum { ADDRESS_SOCKET_BYTES_MAX = 107 };

/* For messages: "127.0.0.1:4711" or "/tmp/memgate-1/run/socket". */
struct str address_text(const struct address *address, struct arena *arena);
/*
 * What a request says it is for (Host, :authority; RFC 9110, section
 * 7.2): the server's name under TLS, else 127.0.0.1, with the port; a
 * socket has none.
 */
struct str address_authority(const struct address *address, struct arena *arena);

#endif
