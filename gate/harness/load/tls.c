#include "gate/harness/load/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

enum { ALPN_BYTES_MAX = 32, NAME_BYTES_MAX = 256, WHY_BYTES_MAX = 256 };

struct tls_client {
    SSL_CTX *context;
    BIO_METHOD *socket;
    struct str server_name;
    const char *alpn;
};

struct tls_session {
    SSL *ssl;
    const struct tls_client *client;
    char subject[NAME_BYTES_MAX]; /* of a certificate that was not accepted */
    char why[WHY_BYTES_MAX];      /* the last error that is none of the socket's */
};

/* The oldest of the queue is the cause; the queue is empty afterwards. */
static const char *take_reason(void)
{
    unsigned long code = ERR_get_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return reason ? reason : "unknown error of TLS";
}

/* OpenSSL's own socket would be ended by SIGPIPE, and would tell of a dead peer before it is read. */
static int socket_write(BIO *bio, const char *data, int len)
{
    struct stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ptrdiff_t sent = stream_plain.write(stream, (struct str){data, (size_t)len});
    if (sent > 0)
        return (int)sent;
    if (sent == 0)
        BIO_set_retry_write(bio);
    return -1;
}

static int socket_read(BIO *bio, char *data, int len)
{
    struct stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ptrdiff_t got = stream_plain.read(stream, (uint8_t *)data, (size_t)len);
    if (got == -EAGAIN)
        BIO_set_retry_read(bio);
    errno = got < 0 ? (int)-got : 0;
    return got < 0 ? -1 : (int)got;
}

static long socket_control(BIO *bio, int command, long number, void *data)
{
    (void)bio;
    (void)number;
    (void)data;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *make_socket(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "load");
    bool is_whole = method && BIO_meth_set_write(method, socket_write) &&
                    BIO_meth_set_read(method, socket_read) &&
                    BIO_meth_set_ctrl(method, socket_control);
    if (is_whole)
        return method;
    BIO_meth_free(method);
    return NULL;
}

/* All certificates of the text; *count: how many. False: one of them is broken. */
static bool add_certificates(X509_STORE *store, struct str pem, size_t *count)
{
    bool is_good = true;
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    *count = 0;
    for (X509 *one; bio && (one = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL; ++*count) {
        is_good = is_good && X509_STORE_add_cert(store, one) == 1;
        X509_free(one);
    }
    /* The end of the text is "no start line"; anything else is a certificate that is none. */
    unsigned long code = ERR_peek_last_error();
    is_good = is_good && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    BIO_free(bio);
    return bio && is_good;
}

static enum status take_ca(X509_STORE *store, struct str pem, struct err *err)
{
    size_t count = 0;
    bool is_good = pem.len <= INT32_MAX && add_certificates(store, pem, &count);
    if (is_good && count > 0)
        return STATUS_OK;
    return err_set(err, STATUS_POLICY,
                   is_good ? "holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"
                           : "holds something that is no certificate in PEM, behind %zu that are",
                   count);
}

enum status tls_check_ca(struct str pem, struct err *err)
{
    X509_STORE *store = X509_STORE_new();
    enum status status = store ? take_ca(store, pem, err)
                               : err_set(err, STATUS_IO, "cannot start OpenSSL: %s", take_reason());
    X509_STORE_free(store);
    return status;
}

static bool is_ip_address(struct str name)
{
    char text[NAME_BYTES_MAX];
    uint8_t address[16];
    if (name.len >= sizeof(text))
        return false;
    (void)snprintf(text, sizeof(text), "%.*s", STR_ARGS(name));
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static enum status set_context(SSL_CTX *context, const struct address *address, struct err *err)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(context,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* A certificate that is given is trusted by itself: a service's own, or one between. */
    if (!SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) || !store ||
        !X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN))
        return err_set(err, STATUS_IO, "cannot start OpenSSL: %s", take_reason());
    return take_ca(store, address->ca_pem, err) ? err_wrap(err, "service.tls.ca") : STATUS_OK;
}

enum status tls_client_open(struct tls_client **out, const struct address *address,
                            const char *alpn, struct err *err)
{
    struct tls_client *client = memory_resize(NULL, sizeof(*client));
    *client = (struct tls_client){
        .context = SSL_CTX_new(TLS_client_method()),
        .socket = make_socket(),
        .server_name = address->server_name,
        .alpn = alpn,
    };
    enum status status = STATUS_OK;
    if (!client->context || !client->socket) {
        status = err_set(err, STATUS_IO, "cannot start OpenSSL: %s", take_reason());
    } else {
        status = set_context(client->context, address, err);
    }
    if (status == STATUS_OK) {
        *out = client;
    } else {
        tls_client_close(client);
    }
    return status;
}

void tls_client_close(struct tls_client *client)
{
    if (!client)
        return;
    SSL_CTX_free(client->context);
    BIO_meth_free(client->socket);
    free(client);
}

static bool set_name(SSL *ssl, struct str server_name)
{
    char name[NAME_BYTES_MAX];
    if (server_name.len >= sizeof(name))
        return false;
    (void)snprintf(name, sizeof(name), "%.*s", STR_ARGS(server_name));
    if (is_ip_address(server_name))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    return SSL_set_tlsext_host_name(ssl, name) == 1 && SSL_set1_host(ssl, name) == 1;
}

static bool set_alpn(SSL *ssl, const char *alpn)
{
    unsigned char list[ALPN_BYTES_MAX];
    size_t len = strlen(alpn);
    assert(len > 0 && len < sizeof(list));
    list[0] = (unsigned char)len;
    memcpy(list + 1, alpn, len);
    /* This one call returns 0 when all is well. */
    return SSL_set_alpn_protos(ssl, list, (unsigned)len + 1) == 0;
}

static enum status greet(struct stream *stream, bool *done, struct err *err);
static ptrdiff_t read_some(struct stream *stream, uint8_t *data, size_t len);
static ptrdiff_t write_some(struct stream *stream, struct str data);
static bool has_more(const struct stream *stream);
static void finish(struct stream *stream);
static void close_session(struct stream *stream);
static const char *explain(const struct stream *stream);

static const struct stream_kind tls_kind = {
    .greet = greet,
    .read = read_some,
    .write = write_some,
    .has_more = has_more,
    .finish = finish,
    .close = close_session,
    .explain = explain,
};

/* Whom it names, for people who look for the right one; afterwards it is gone. */
static int note_refused(int is_good, X509_STORE_CTX *context)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_session *session = SSL_get_app_data(ssl);
    X509 *leaf = X509_STORE_CTX_get0_cert(context);
    if (!is_good && leaf) {
        (void)X509_NAME_oneline(X509_get_subject_name(leaf), session->subject,
                                sizeof(session->subject));
    }
    return is_good;
}

enum status tls_stream_open(struct stream *stream, const struct tls_client *client, struct err *err)
{
    struct tls_session *session = memory_resize(NULL, sizeof(*session));
    *session = (struct tls_session){.ssl = SSL_new(client->context), .client = client};
    stream->kind = &tls_kind;
    stream->session = session;
    BIO *bio = session->ssl ? BIO_new(client->socket) : NULL;
    if (!bio || !set_name(session->ssl, client->server_name) ||
        !set_alpn(session->ssl, client->alpn)) {
        BIO_free(bio);
        return err_set(err, STATUS_IO, "cannot start TLS: %s", take_reason());
    }
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    SSL_set_bio(session->ssl, bio, bio);
    (void)SSL_set_app_data(session->ssl, session);
    SSL_set_verify(session->ssl, SSL_VERIFY_PEER, note_refused);
    SSL_set_connect_state(session->ssl);
    return STATUS_OK;
}

static enum status refuse_certificate(const struct tls_session *session, long code, struct err *err)
{
    const char *subject = session->subject;
    struct str name = session->client->server_name;
    if (code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        return err_set(err, STATUS_INVALID,
                       "the certificate (%s) does not hold the name \"%.*s\"; set "
                       "service.tls.server_name to a name that it holds",
                       subject, STR_ARGS(name));
    }
    return err_set(err, STATUS_INVALID,
                   "the certificate (%s) is not accepted: %s; set service.tls.ca to the "
                   "certificate of the authority that signed it, or to itself if nobody did",
                   subject, X509_verify_cert_error_string(code));
}

static enum status refuse_greeting(const struct tls_session *session, int code, struct err *err)
{
    long verified = SSL_get_verify_result(session->ssl);
    int socket_code = errno;
    if (code == SSL_ERROR_SSL && verified != X509_V_OK)
        return refuse_certificate(session, verified, err);
    if (code == SSL_ERROR_SSL) {
        return err_set(err, STATUS_INVALID,
                       "no TLS handshake: %s; if the service does not speak TLS on this "
                       "address, remove service.tls, if it has no \"%s\", set load.protocol",
                       take_reason(), session->client->alpn);
    }
    return err_set(err, STATUS_CHILD, "connection closed in the TLS handshake%s%s",
                   code == SSL_ERROR_SYSCALL && socket_code ? ": " : "",
                   code == SSL_ERROR_SYSCALL && socket_code ? strerror(socket_code) : "");
}

/* A server that knows no ALPN chooses nothing, which means HTTP/1.1 (RFC 9113, section 3.2). */
static enum status check_protocol(const struct tls_session *session, struct err *err)
{
    const unsigned char *chosen = NULL;
    unsigned len = 0;
    const char *wanted = session->client->alpn;
    SSL_get0_alpn_selected(session->ssl, &chosen, &len);
    struct str protocol = chosen ? (struct str){(const char *)chosen, len} : STR("http/1.1");
    if (str_equal_text(protocol, wanted))
        return STATUS_OK;
    return err_set(err, STATUS_INVALID,
                   "the service speaks %.*s here, not %s (ALPN); set load.protocol",
                   STR_ARGS(protocol), wanted);
}

/* True when the call is to be made again later. */
static bool is_waiting(struct stream *stream, int code)
{
    stream->wants_output = code == SSL_ERROR_WANT_WRITE;
    return stream->wants_output || code == SSL_ERROR_WANT_READ;
}

static enum status greet(struct stream *stream, bool *done, struct err *err)
{
    struct tls_session *session = stream->session;
    errno = 0;
    ERR_clear_error();
    int got = SSL_do_handshake(session->ssl);
    int code = SSL_get_error(session->ssl, got);
    *done = got == 1;
    if (*done) {
        stream->wants_output = false;
        return check_protocol(session, err);
    }
    return is_waiting(stream, code) ? STATUS_OK : refuse_greeting(session, code, err);
}

/* -errno of a call that gave `code`. */
static ptrdiff_t failure(struct stream *stream, int code)
{
    struct tls_session *session = stream->session;
    int socket_code = errno;
    if (is_waiting(stream, code))
        return -EAGAIN;
    /* Without an errno it is an end that TLS did not announce: what came may have been cut. */
    if (code == SSL_ERROR_SYSCALL)
        return socket_code ? -socket_code : -ECONNRESET;
    (void)snprintf(session->why, sizeof(session->why), "TLS: %s", take_reason());
    return -EPROTO;
}

static ptrdiff_t read_some(struct stream *stream, uint8_t *data, size_t len)
{
    struct tls_session *session = stream->session;
    size_t got = 0;
    errno = 0;
    ERR_clear_error();
    if (SSL_read_ex(session->ssl, data, len, &got))
        return (ptrdiff_t)got;
    int code = SSL_get_error(session->ssl, 0);
    return code == SSL_ERROR_ZERO_RETURN ? 0 : failure(stream, code);
}

/* A record holds 16 KiB: larger data takes several. */
static ptrdiff_t write_some(struct stream *stream, struct str data)
{
    struct tls_session *session = stream->session;
    size_t at = 0;
    size_t sent = 0;
    errno = 0;
    ERR_clear_error();
    while (at < data.len && SSL_write_ex(session->ssl, data.data + at, data.len - at, &sent))
        at += sent;
    if (at == data.len || at > 0)
        return (ptrdiff_t)at;
    ptrdiff_t code = failure(stream, SSL_get_error(session->ssl, 0));
    return code == -EAGAIN ? 0 : code;
}

static bool has_more(const struct stream *stream)
{
    const struct tls_session *session = stream->session;
    return SSL_has_pending(session->ssl) == 1;
}

static void finish(struct stream *stream)
{
    const struct tls_session *session = stream->session;
    ERR_clear_error();
    (void)SSL_shutdown(session->ssl);
    ERR_clear_error();
}

static void close_session(struct stream *stream)
{
    struct tls_session *session = stream->session;
    if (session)
        SSL_free(session->ssl);
    free(session);
    stream->session = NULL;
}

static const char *explain(const struct stream *stream)
{
    const struct tls_session *session = stream->session;
    return session->why;
}

const char *tls_stream_version(const struct stream *stream)
{
    const struct tls_session *session = stream->session;
    return SSL_version(session->ssl) == TLS1_3_VERSION ? "TLS 1.3" : "TLS 1.2";
}
