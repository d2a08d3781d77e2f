/* Ops whose loops are not vectorised, among kernels that are: vectorised.sh must tell them apart.
 */
#define WG_KERNEL_PASS
#include "ops/room.h"

/* A loop within the loop, of unknown length. */
NO_ATTRIBUTES(iterates);
FORWARD(iterates) {
    real root = x;
    while (ABS(root * root - x) > x / 1024) root = (root + x / root) / 2;
    return root;
}
GRADIENT(iterates) {
    real left = dy;
    while (left > y) left -= x;
    return left;
}
OP(iterates, )

/* Libm in the forward kernel only. */
NO_ATTRIBUTES(calls_libm);
FORWARD(calls_libm) { return (real)cos((double)x); }
GRADIENT(calls_libm) { return dy * x; }
OP(calls_libm, )

/* Two inputs; one function of the three walks a list, which cannot be done side by side. */
NO_ATTRIBUTES(half_scalar);
FORWARD2(half_scalar) {
    real count = 0;
    for (real left = x; left > 1; left /= z) count += left;
    return count;
}
GRADIENT2(half_scalar, x) { return dy + z; }
GRADIENT2(half_scalar, z) { return dy * x; }
OP2(half_scalar, )

/* And one that is as it should be. */
NO_ATTRIBUTES(sound);
FORWARD(sound) { return x > 0 ? x : EXPM1(x); }
GRADIENT(sound) { return dy * y; }
OP(sound, )

extern const struct wg_kernel_row *const wg_control_rows[];
const struct wg_kernel_row *const wg_control_rows[] = {&iterates_row, &calls_libm_row,
                                                       &half_scalar_row, &sound_row};
