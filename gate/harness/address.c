#include "gate/harness/address.h"

struct str address_text(const struct address *address, struct arena *arena)
{
    if (address->socket.len)
        return str_copy(arena, address->socket);
    return str_format(arena, "127.0.0.1:%u", address->port);
}

/* RFC 3986, section 3.2.2: an address of IPv6 stands in brackets. */
static struct str host_of(const struct address *address, struct arena *arena)
{
    if (!address->is_tls)
        return address->socket.len ? STR("localhost") : STR("127.0.0.1");
    struct str name = address->server_name;
    return str_find(name, ':') < 0 ? name : str_format(arena, "[%.*s]", STR_ARGS(name));
}

struct str address_authority(const struct address *address, struct arena *arena)
{
    struct str host = host_of(address, arena);
    if (address->socket.len)
        return str_copy(arena, host);
    return str_format(arena, "%.*s:%u", STR_ARGS(host), address->port);
}
