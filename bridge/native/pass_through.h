/* The kernel that changes nothing. */
#ifndef AMPBOARD_PASS_THROUGH_H
#define AMPBOARD_PASS_THROUGH_H

#include "exported.h"
#include "kernel.h"

EXPORTED void ampboard_pass_through(struct kernel *kernel);

#endif
