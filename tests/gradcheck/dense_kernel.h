/* A dense layer as one writes it by hand, y = tanh(x w^T + b), x (BATCH, IN), w (OUT, IN), b (OUT),
 * and its backward with the mistakes that are made in it. Included once for each REAL, with NAME(f)
 * the name of f for it and TANH. */

static void NAME(forward)(void *const *out, const void *const *in, void *user) {
    const REAL *x = in[0], *w = in[1], *b = in[2];
    REAL *y = out[0];
    (void)user;
    for (int n = 0; n < BATCH; n++) {
        for (int o = 0; o < OUT; o++) {
            REAL sum = b[o];
            for (int i = 0; i < IN; i++) sum += x[n * IN + i] * w[o * IN + i];
            y[n * OUT + o] = TANH(sum);
        }
    }
}

static REAL NAME(slope)(const struct dense *d, REAL y) {
    if (d->mistake == MISTAKE_AT_OUTPUT) y = TANH(y); /* as if y were what tanh was given */
    const REAL slope = 1 - y * y;
    return d->mistake == MISTAKE_SIGN ? -slope : d->mistake == MISTAKE_DOUBLED ? 2 * slope : slope;
}

static void NAME(weights)(const struct dense *d, REAL *dw, int n, int o, const REAL *x, REAL g) {
    for (int i = 0; i < IN; i++) {
        const int at = d->mistake == MISTAKE_TRANSPOSED ? i * OUT + o : o * IN + i;
        if (d->mistake == MISTAKE_TAIL && at >= OUT * IN / 8 * 8) continue;
        if (d->mistake == MISTAKE_ASSIGNED_WEIGHTS)
            dw[at] = g * x[n * IN + i];
        else
            dw[at] += g * x[n * IN + i];
    }
}

static void NAME(bias)(const struct dense *d, REAL *db, int n, int o, REAL g) {
    if (d->mistake == MISTAKE_NO_SUM && n > 0) return;
    if (d->mistake == MISTAKE_ASSIGNED_BIAS)
        db[o] = g;
    else
        db[o] += d->mistake == MISTAKE_MEAN ? g / BATCH : g;
}

static void NAME(backward)(void *const *din, const void *const *dout, const void *const *in,
                           const void *const *out, void *user) {
    const struct dense *d = user;
    const REAL *dy = dout[0], *y = out[0], *x = in[0], *w = in[1];
    REAL *dx = din[0], *dw = din[1], *db = din[2];
    if (!d->adds) { /* written: what was there does not count */
        memset(dx, 0, BATCH * IN * sizeof *dx);
        memset(dw, 0, OUT * IN * sizeof *dw);
        memset(db, 0, OUT * sizeof *db);
    }
    for (int n = 0; n < BATCH; n++) {
        for (int o = 0; o < OUT; o++) {
            const REAL g = dy[n * OUT + o] * NAME(slope)(d, y[n * OUT + o]);
            NAME(weights)(d, dw, n, o, x, g);
            NAME(bias)(d, db, n, o, g);
            for (int i = 0; i < IN && d->mistake != MISTAKE_SEVERED; i++)
                dx[n * IN + i] += g * w[o * IN + i];
        }
    }
    if (d->mistake == MISTAKE_NAN) dw[5] = (REAL)NAN;
}
