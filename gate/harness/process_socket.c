#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate/harness/listeners.h"
#include "gate/harness/process.h"
#include "gate/harness/process_tree.h"

static enum status refuse_foreign(uint16_t port, uint64_t inode, struct err *err)
{
    pid_t pid = tree_find_socket_anywhere(inode);
    if (pid > 0) {
        return err_set(err, STATUS_CHILD,
                       "port %u is held by pid %d, not by the program under test", (unsigned)port,
                       (int)pid);
    }
    return err_set(err, STATUS_CHILD,
                   "port %u is held by another process, not by the program under test",
                   (unsigned)port);
}

enum status process_check_listener(const struct process *process, uint16_t port, bool *listening,
                                   struct err *err)
{
    struct listeners found = {0};
    struct tree tree = {0};
    *listening = false;
    if (listeners_find(&found, port, err))
        return err->status;
    *listening = found.len > 0;
    if (found.len == 0)
        return err_set(err, STATUS_CHILD, "nobody listens on 127.0.0.1:%u", (unsigned)port);
    if (process->keeper)
        tree_below(&tree, process->keeper);
    for (size_t i = 0; i < found.len; i++) {
        if (!tree_find_socket(&tree, found.inodes[i]))
            return refuse_foreign(port, found.inodes[i], err);
    }
    if (found.len > 1) {
        return err_set(err, STATUS_CHILD,
                       "%zu sockets listen on port %u (SO_REUSEPORT?): any of them could answer",
                       found.len, (unsigned)port);
    }
    return STATUS_OK;
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
