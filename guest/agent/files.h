/* Files for the host: PUT, GET, LIST. */
#ifndef FILES_H
#define FILES_H

#include "stream.h"

void files_put(uint32_t id, const union request *request);
void files_get(uint32_t id, const union request *request);
void files_list(uint32_t id, const union request *request);

/* The code of the protocol for an error of the system. */
uint16_t files_error_code(int error);

#endif
