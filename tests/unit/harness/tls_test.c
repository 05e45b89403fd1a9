#include "gate/harness/load/tls.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate/base/clock.h"
#include "gate/harness/load/load.h"
#include "tests/support/check.h"

enum { PEM_BYTES_MAX = 4096, BODY_BYTES = 300000 };

/* A certificate and its key; signed by itself, or by another. */
struct identity {
    EVP_PKEY *key;
    X509 *certificate;
    char pem[PEM_BYTES_MAX];
};

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void identity_init(struct identity *out, const char *name, const char *san,
                          const struct identity *signer)
{
    out->key = EVP_EC_gen("P-256");
    out->certificate = X509_new();
    assert_non_null(out->key);
    X509 *certificate = out->certificate;
    X509_NAME *subject = X509_get_subject_name(certificate);
    assert_int_equal(X509_set_version(certificate, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), -3600));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    assert_int_equal(X509_set_pubkey(certificate, out->key), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                                (const unsigned char *)name, -1, -1, 0),
                     1);
    if (san)
        add_extension(certificate, NID_subject_alt_name, san);
    if (!san)
        add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    const struct identity *by = signer ? signer : out;
    assert_int_equal(X509_set_issuer_name(certificate, X509_get_subject_name(by->certificate)), 1);
    assert_true(X509_sign(certificate, by->key, EVP_sha256()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
    int len = BIO_read(bio, out->pem, PEM_BYTES_MAX - 1);
    assert_true(len > 0);
    out->pem[len] = '\0';
    BIO_free(bio);
}

static void identity_release(struct identity *identity)
{
    X509_free(identity->certificate);
    EVP_PKEY_free(identity->key);
}

static struct identity authority;
static struct identity stranger;
static struct identity signed_by_authority; /* for localhost and 127.0.0.1 */
static struct identity self_signed;         /* for own.test */

static int make_identities(void **state)
{
    (void)state;
    identity_init(&authority, "authority", NULL, NULL);
    identity_init(&stranger, "stranger", NULL, NULL);
    identity_init(&signed_by_authority, "service", "DNS:localhost,IP:127.0.0.1", &authority);
    identity_init(&self_signed, "own", "DNS:own.test", NULL);
    return 0;
}

static int release_identities(void **state)
{
    (void)state;
    identity_release(&authority);
    identity_release(&stranger);
    identity_release(&signed_by_authority);
    identity_release(&self_signed);
    return 0;
}

/* One connection after the other, each until its end. */
struct server {
    const struct identity *identity;
    const char *protocol; /* what it chooses by ALPN, as a list of one; NULL: knows no ALPN */
    int version_max;      /* 0: any */
    bool is_plain;        /* speaks no TLS */
    size_t answer_bytes;
    bool cuts_answer; /* ends each connection in the answer, without a word of TLS */
    bool ends_idle;   /* the same 10 ms after each answer */
    SSL_CTX *context;
    int listen_fd;
    uint16_t port;
    size_t handshakes;
    char name[64]; /* what SNI asked for */
    int version;
    pthread_t thread;
};

static int choose(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                  const unsigned char *offered, unsigned offered_len, void *ctx)
{
    const struct server *server = ctx;
    (void)ssl;
    (void)offered;
    (void)offered_len;
    *out = (const unsigned char *)server->protocol;
    *out_len = (unsigned char)strlen(server->protocol);
    return SSL_TLSEXT_ERR_OK;
}

/* Reads a request whole; false at the end of the connection. */
static bool read_request(SSL *ssl, char *data, size_t size)
{
    size_t len = 0;
    for (;;) {
        const char *end = memmem(data, len, "\r\n\r\n", 4);
        const char *length = memmem(data, len, "Content-Length: ", 16);
        size_t body = length ? strtoul(length + 16, NULL, 10) : 0;
        if (end && (size_t)(end - data) + 4 + body <= len)
            return true;
        int got = SSL_read(ssl, data + len, (int)(size - len));
        if (got <= 0)
            return false;
        len += (size_t)got;
    }
}

static bool write_answer(SSL *ssl, size_t body_len)
{
    static char body[BODY_BYTES];
    char head[128];
    int len =
        snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body_len);
    return SSL_write(ssl, head, len) == len && SSL_write(ssl, body, (int)body_len) == (int)body_len;
}

/* False: the connection ends. */
static bool answer(const struct server *server, SSL *ssl)
{
    if (server->cuts_answer) {
        (void)SSL_write(ssl, "HTTP/1.1 200 OK\r\nContent-", 25);
        return false;
    }
    bool is_sent = write_answer(ssl, server->answer_bytes);
    if (server->ends_idle)
        clock_sleep_ns(10 * NS_PER_MS);
    return is_sent && !server->ends_idle;
}

static void serve_connection(struct server *server, int fd)
{
    static char data[2 * BODY_BYTES];
    SSL *ssl = SSL_new(server->context);
    assert_int_equal(SSL_set_fd(ssl, fd), 1);
    if (SSL_accept(ssl) == 1) {
        const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        (void)snprintf(server->name, sizeof(server->name), "%s", name ? name : "");
        server->version = SSL_version(ssl);
        server->handshakes++;
        while (read_request(ssl, data, sizeof(data)) && answer(server, ssl))
            continue;
    }
    SSL_free(ssl);
}

static void *serve(void *ctx)
{
    struct server *server = ctx;
    for (;;) {
        int fd = accept(server->listen_fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        if (server->is_plain) {
            (void)!send(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
        } else {
            serve_connection(server, fd);
        }
        (void)close(fd);
    }
}

static void server_start(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    server->handshakes = 0;
    server->context = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(server->context, server->identity->certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(server->context, server->identity->key), 1);
    if (server->version_max)
        assert_int_equal(SSL_CTX_set_max_proto_version(server->context, server->version_max), 1);
    if (server->protocol)
        SSL_CTX_set_alpn_select_cb(server->context, choose, server);
    server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listen_fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(server->listen_fd, 64), 0);
    assert_int_equal(getsockname(server->listen_fd, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void server_stop(struct server *server)
{
    (void)shutdown(server->listen_fd, SHUT_RDWR);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    (void)close(server->listen_fd);
    SSL_CTX_free(server->context);
}

static struct requests parse(struct arena *arena, const char *text)
{
    struct err err = {0};
    struct requests requests = {0};
    struct requests_source source = {
        .name = STR("r"), .text = bytes_of_str(str_from(text)), .seed = 1};
    assert_ok(requests_parse(&requests, arena, &source, &err), &err);
    return requests;
}

static struct load_spec spec_of(const struct server *server, const char *ca, const char *name)
{
    return (struct load_spec){
        .addresses = {{.port = server->port,
                       .is_tls = true,
                       .ca_pem = str_from(ca),
                       .server_name = str_from(name)}},
        .lane_count = 1,
        .seed = 1,
        .count = 10,
        .connections = 1,
        .streams = 1,
        .request_timeout_ns = 5 * NS_PER_SECOND,
        .total_timeout_ns = 20 * NS_PER_SECOND,
    };
}

struct good_case {
    const char *name;
    const struct identity *identity;
    const char *ca;
    const char *server_name;
    const char *sni;
    const char *protocol;
    int version_max;
    int version;
};

static const struct good_case good_cases[] = {
    {"signed by the authority", &signed_by_authority, authority.pem, "localhost", "localhost",
     "http/1.1", 0, TLS1_3_VERSION},
    {"an address in place of a name", &signed_by_authority, authority.pem, "127.0.0.1", "",
     "http/1.1", 0, TLS1_3_VERSION},
    {"signed by itself", &self_signed, self_signed.pem, "own.test", "own.test", "http/1.1", 0,
     TLS1_3_VERSION},
    {"given itself though signed", &signed_by_authority, signed_by_authority.pem, "localhost",
     "localhost", "http/1.1", 0, TLS1_3_VERSION},
    {"TLS 1.2", &signed_by_authority, authority.pem, "localhost", "localhost", "http/1.1",
     TLS1_2_VERSION, TLS1_2_VERSION},
    {"no ALPN", &signed_by_authority, authority.pem, "localhost", "localhost", NULL, 0,
     TLS1_3_VERSION},
};

static void a_certificate_that_is_given_is_trusted(void **state)
{
    static struct server server;
    struct arena arena;
    (void)state;
    arena_init(&arena);
    struct requests requests = parse(&arena, "{\"path\":\"/x\",\"expect\":[200]}");
    for (size_t i = 0; i < ARRAY_LEN(good_cases); i++) {
        const struct good_case *row = &good_cases[i];
        struct load_result result = {0};
        struct err err = {0};
        print_message("%s\n", row->name);
        server = (struct server){.identity = row->identity,
                                 .protocol = row->protocol,
                                 .version_max = row->version_max,
                                 .answer_bytes = 7};
        server_start(&server);
        struct load_spec spec = spec_of(&server, row->ca, row->server_name);
        spec.requests = &requests;
        assert_ok(load_run(&result, &arena, &spec, &err), &err);
        assert_int_equal(result.answered, 10);
        assert_int_equal(result.response_bytes, 70);
        assert_int_equal(result.unexpected, 0);
        server_stop(&server);
        assert_int_equal(server.handshakes, 1);
        assert_string_equal(server.name, row->sni);
        assert_int_equal(server.version, row->version);
    }
    arena_release(&arena);
}

struct bad_case {
    const char *name;
    const char *ca;
    const char *server_name;
    const char *protocol;
    bool is_plain;
    enum status status;
    const char *error;
};

static const struct bad_case bad_cases[] = {
    {"another authority", stranger.pem, "localhost", NULL, false, STATUS_INVALID,
     "certificate (/CN=service) is not accepted: unable to get local issuer certificate; set "
     "service.tls.ca"},
    {"another name", authority.pem, "shop.test", NULL, false, STATUS_INVALID,
     "certificate (/CN=service) does not hold the name \"shop.test\"; set service.tls.server_name"},
    {"another address", authority.pem, "127.0.0.2", NULL, false, STATUS_INVALID,
     "does not hold the name \"127.0.0.2\"; set service.tls.server_name"},
    {"no TLS", authority.pem, "localhost", NULL, true, STATUS_INVALID,
     "no TLS handshake: wrong version number; if the service does not speak TLS"},
    {"another protocol", authority.pem, "localhost", "h2", false, STATUS_INVALID, "load.protocol"},
    {"no certificate", "nothing", "localhost", NULL, false, STATUS_POLICY,
     "service.tls.ca: holds no certificate in PEM"},
};

static void what_is_not_trusted_ends_the_load(void **state)
{
    static struct server server;
    struct arena arena;
    (void)state;
    arena_init(&arena);
    struct requests requests = parse(&arena, "{\"path\":\"/x\"}");
    for (size_t i = 0; i < ARRAY_LEN(bad_cases); i++) {
        const struct bad_case *row = &bad_cases[i];
        struct load_result result = {0};
        struct err err = {0};
        print_message("%s\n", row->name);
        server = (struct server){
            .identity = &signed_by_authority, .protocol = row->protocol, .is_plain = row->is_plain};
        server_start(&server);
        struct load_spec spec = spec_of(&server, row->ca, row->server_name);
        spec.requests = &requests;
        assert_fails(load_run(&result, &arena, &spec, &err), row->status, &err, row->error);
        assert_true(result.has_failed);
        server_stop(&server);
    }
    arena_release(&arena);
}

/* A server that speaks no HTTP/2 leaves ALPN alone, which says so. */
static void http2_needs_a_server_that_chooses_it(void **state)
{
    static struct server server;
    struct arena arena;
    struct load_result result = {0};
    struct err err = {0};
    (void)state;
    arena_init(&arena);
    struct requests requests = parse(&arena, "{\"path\":\"/x\"}");
    server = (struct server){.identity = &signed_by_authority};
    server_start(&server);
    struct load_spec spec = spec_of(&server, authority.pem, "localhost");
    spec.requests = &requests;
    spec.protocol = PROTOCOL_HTTP2;
    assert_fails(load_run(&result, &arena, &spec, &err), STATUS_INVALID, &err,
                 "the service speaks http/1.1 here, not h2 (ALPN); set load.protocol");
    server_stop(&server);
    arena_release(&arena);
}

/* More than a record, a socket's buffer and our own: each way has to wait in the middle. */
static void large_bodies_pass_both_ways(void **state)
{
    static struct server server;
    static char text[BODY_BYTES + 256];
    struct arena arena;
    struct load_result result = {0};
    struct err err = {0};
    (void)state;
    arena_init(&arena);
    int head = snprintf(text, sizeof(text), "{\"path\":\"/x\",\"body\":\"");
    memset(text + head, 'b', BODY_BYTES);
    memcpy(text + head + BODY_BYTES, "\"}", 3);
    struct requests requests = parse(&arena, text);
    server = (struct server){.identity = &signed_by_authority, .answer_bytes = BODY_BYTES};
    server_start(&server);
    struct load_spec spec = spec_of(&server, authority.pem, "localhost");
    spec.requests = &requests;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.answered, 10);
    assert_int_equal(result.response_bytes, 10 * BODY_BYTES);
    server_stop(&server);
    arena_release(&arena);
}

static bool stand_still(void *ctx, uint64_t done)
{
    (void)ctx;
    (void)done;
    clock_sleep_ns(40 * NS_PER_MS);
    return true;
}

/* An end without close_notify (RFC 8446, section 6.1) cuts an answer, and is none of an idle one. */
static void an_end_that_tls_did_not_announce_is_an_end(void **state)
{
    static struct server server;
    struct arena arena;
    struct load_result result = {0};
    struct err err = {0};
    (void)state;
    arena_init(&arena);
    struct requests requests = parse(&arena, "{\"path\":\"/x\"}");
    server = (struct server){.identity = &signed_by_authority, .cuts_answer = true};
    server_start(&server);
    struct load_spec spec = spec_of(&server, authority.pem, "localhost");
    spec.requests = &requests;
    assert_fails(load_run(&result, &arena, &spec, &err), STATUS_CHILD, &err,
                 "GET /x (request 0): no complete answer: Connection reset by peer");
    server_stop(&server);
    server =
        (struct server){.identity = &signed_by_authority, .ends_idle = true, .answer_bytes = 7};
    server_start(&server);
    spec.addresses[0].port = server.port;
    spec.rate_per_second = 20;
    spec.tick = stand_still;
    assert_ok(load_run(&result, &arena, &spec, &err), &err);
    assert_int_equal(result.answered, 10);
    assert_true(result.reconnects >= 9);
    assert_int_equal(result.resends, 0);
    server_stop(&server);
    arena_release(&arena);
}

struct ca_case {
    const char *name;
    const char *before;
    const char *after;
    enum status status;
    const char *error;
};

/* Around the authority's certificate. */
static const struct ca_case ca_cases[] = {
    {"alone", "", "", STATUS_OK, ""},
    {"between remarks", "# ours\n", "\n# end\n", STATUS_OK, ""},
    {"twice", "", authority.pem, STATUS_OK, ""},
    {"with a broken one behind it", "",
     "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", STATUS_POLICY,
     "behind 1 that are"},
    {"with a cut one behind it", "", "-----BEGIN CERTIFICATE-----\nAAAA\n", STATUS_POLICY,
     "behind 1 that are"},
};

static void certificates_are_checked_when_they_are_read(void **state)
{
    struct arena arena;
    struct err err = {0};
    (void)state;
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(ca_cases); i++) {
        const struct ca_case *row = &ca_cases[i];
        print_message("%s\n", row->name);
        struct str pem = str_format(&arena, "%s%s%s", row->before, authority.pem, row->after);
        enum status status = tls_check_ca(pem, &err);
        assert_int_equal(status, row->status);
        assert_true(status == STATUS_OK || strstr(err.text, row->error));
    }
    assert_fails(tls_check_ca(STR(""), &err), STATUS_POLICY, &err, "holds no certificate");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_that_is_given_is_trusted),
        cmocka_unit_test(what_is_not_trusted_ends_the_load),
        cmocka_unit_test(http2_needs_a_server_that_chooses_it),
        cmocka_unit_test(large_bodies_pass_both_ways),
        cmocka_unit_test(an_end_that_tls_did_not_announce_is_an_end),
        cmocka_unit_test(certificates_are_checked_when_they_are_read),
    };
    /* OpenSSL writes to clients that have gone, as those do whose trust is refused. */
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, make_identities, release_identities);
}
