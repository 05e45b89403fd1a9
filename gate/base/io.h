#ifndef GATE_BASE_IO_H
#define GATE_BASE_IO_H

#include "gate/base/err.h"
#include "gate/base/str.h"

/*
 * The only door to files. Paths are byte strings without NUL; errors
 * are STATUS_IO (or NOT_FOUND, LIMIT) and name the path and the reason.
 */

/* Reads a whole regular file of at most max bytes into the arena. */
NODISCARD enum status io_read_file(struct bytes *out, struct arena *arena, struct str path,
                                   size_t max, struct err *err);
/* The same; a symbolic link, whose target others may have chosen, is STATUS_IO. */
NODISCARD enum status io_read_own_file(struct bytes *out, struct arena *arena, struct str path,
                                       size_t max, struct err *err);
/*
 * What stands in a small file of /proc or /sys, up to `size` - 1 bytes of
 * it, in `text` with a NUL behind; empty when it cannot be read.
 */
struct str io_read_small(char *text, size_t size, const char *path);
/*
 * Replaces the file at once: temporary file in the same directory,
 * write, fsync, close, rename. The old content or the new one is there
 * after a crash, never half of it.
 */
NODISCARD enum status io_write_file(struct str path, struct bytes data, struct err *err);
NODISCARD enum status io_copy_file(struct str to, struct str from, struct err *err);
/* The name becomes `to`; an empty directory of that name, or a file, is replaced at once. */
NODISCARD enum status io_rename(struct str to, struct str from, struct err *err);
/* mkdir -p with mode 0777 & ~umask; an existing directory is fine. */
NODISCARD enum status io_make_dirs(struct str path, struct err *err);
/* A fresh directory of mode 0700 below $TMPDIR or /tmp, absolute path. */
NODISCARD enum status io_make_temp_dir(struct str *out, struct arena *arena, const char *prefix,
                                       struct err *err);
/* Removes a tree without following links; a path that is not there is fine. */
NODISCARD enum status io_remove_tree(struct str path, struct err *err);
/*
 * Relative paths of all regular files below `dir`, in byte order.
 * Anything that is neither file nor directory (link, device, FIFO) is
 * an error of STATUS_FORMAT; more than max files is STATUS_LIMIT.
 */
NODISCARD enum status io_list_files(struct str **out, size_t *out_len, struct arena *arena,
                                    struct str dir, size_t max, struct err *err);
bool io_is_file(struct str path);
bool io_is_dir(struct str path);
/* "a/b"; an absolute b stands alone. */
struct str io_join(struct arena *arena, struct str a, struct str b);
NODISCARD enum status io_absolute(struct str *out, struct arena *arena, struct str path,
                                  struct err *err);
/* Where what is there lies, without links, "." and ".."; an error where nothing is. */
NODISCARD enum status io_real(struct str *out, struct arena *arena, struct str path,
                              struct err *err);

#endif
