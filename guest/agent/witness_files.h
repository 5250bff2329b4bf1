/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Programs of the witness that see what is done to files. */
#ifndef WITNESS_FILES_H
#define WITNESS_FILES_H

#include "code.h"

void see_made(struct code *code);
void see_symlink(struct code *code);
void see_directory(struct code *code);
void see_unlink(struct code *code);
void see_rmdir(struct code *code);
void see_rename(struct code *code);
void see_link(struct code *code);
void see_attributes(struct code *code);
void see_open(struct code *code);

#endif
