#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate/harness/listeners.h"
#include "gate/harness/process.h"
#include "gate/harness/process_tree.h"

/* What is listened on, for messages: "port 4711", "/tmp/x/socket". */
static struct str place_of(const struct address *address, struct arena *arena)
{
    return address->socket.len ? address->socket : str_format(arena, "port %u", address->port);
}

static enum status refuse_foreign(struct str place, uint64_t inode, struct err *err)
{
    pid_t pid = tree_find_socket_anywhere(inode);
    if (pid > 0) {
        return err_set(err, STATUS_CHILD, "%.*s is held by pid %d, not by the program under test",
                       STR_ARGS(place), (int)pid);
    }
    return err_set(err, STATUS_CHILD,
                   "%.*s is held by another process, not by the program under test",
                   STR_ARGS(place));
}

static enum status check_found(const struct process *process, const struct listeners *found,
                               struct str place, struct err *err)
{
    struct tree tree = {0};
    if (process->keeper)
        tree_below(&tree, process->keeper);
    for (size_t i = 0; i < found->len; i++) {
        if (!tree_find_socket(&tree, found->inodes[i]))
            return refuse_foreign(place, found->inodes[i], err);
    }
    if (found->len > 1) {
        return err_set(err, STATUS_CHILD,
                       "%zu sockets listen on %.*s (SO_REUSEPORT?): any of them could answer",
                       found->len, STR_ARGS(place));
    }
    return STATUS_OK;
}

enum status process_check_listener(const struct process *process, const struct address *address,
                                   bool *listening, struct err *err)
{
    struct listeners found = {0};
    struct arena arena;
    *listening = false;
    if (address->socket.len ? listeners_find_unix(&found, address->socket, err)
                            : listeners_find(&found, address->port, err))
        return err->status;
    *listening = found.len > 0;
    arena_init(&arena);
    if (found.len == 0) {
        struct str text = address_text(address, &arena);
        (void)err_set(err, STATUS_CHILD, "nobody listens on %.*s", STR_ARGS(text));
    }
    enum status status =
        found.len == 0 ? err->status : check_found(process, &found, place_of(address, &arena), err);
    arena_release(&arena);
    return status;
}

bool process_reads(struct tree_reads *out, const struct process *process)
{
    return process->keeper && tree_reads_read(out, process->keeper);
}

bool process_holds_socket(const struct process *process, uint64_t inode)
{
    struct tree tree = {0};
    if (process->keeper)
        tree_below(&tree, process->keeper);
    return tree_find_socket(&tree, inode) > 0;
}

enum status process_free_port(uint16_t *out, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(err, STATUS_IO, "cannot make a socket: %s", strerror(errno));
    bool found = bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                 getsockname(fd, (struct sockaddr *)&address, &len) == 0;
    int code = errno;
    (void)close(fd);
    if (!found)
        return err_set(err, STATUS_IO, "no free port on 127.0.0.1: %s", strerror(code));
    *out = ntohs(address.sin_port);
    return STATUS_OK;
}
