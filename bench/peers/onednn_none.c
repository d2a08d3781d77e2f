/* In onednn.c's place where CMake found no oneDNN 2. */
#define _POSIX_C_SOURCE 200809L
#include "peers/peer.h"

struct bench_peer bench_onednn(void) {
    return (struct bench_peer){
        .name = "oneDNN",
        .version =
            "oneDNN: absent when this was built (version 2 is looked for; Debian: libdnnl-dev)"};
}
