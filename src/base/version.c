#include "wengert/system.h"

const char *wg_version(void) { return WENGERT_VERSION; }
