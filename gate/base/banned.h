#ifndef GATE_BASE_BANNED_H
#define GATE_BASE_BANNED_H

/*
 * Functions that have a safer sibling in this project do not compile.
 * Copying goes through str/buf, numbers through num, processes through
 * harness/process, and time is a parameter.
 *
 * The C library's own headers declare these names, so they must be
 * seen before they are poisoned.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atoll atof localtime gmtime ctime
#pragma GCC poison asctime system popen

#endif
