#ifndef GATE_BASE_REMOVE_H
#define GATE_BASE_REMOVE_H

/*
 * Removes a file, a link, or a directory with all below it, whatever
 * their permissions, without following links; what is not there is fine.
 * However deep the tree is, and however long its paths: three descriptors
 * and no recursion. Returns 0, or the errno of what could not be removed;
 * everything else is gone then.
 */
int remove_tree(const char *path);

#endif
