#include "tape/chains.h"

#include "base/parallel.h"
#include "ops/slice.h"
#include "tape/hide.h"
#include "tape/place.h"
#include "tape/tape.h"
#include "wengert/system.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Slices of about so many bytes, two tensors of them, fit the cache of a core; what fits there as a
 * whole is left in one piece. */
#define SLICE_BYTES ((int64_t)1 << 18)

struct wg_chain_step {
    void *dy; /* NULL: no gradient is taken */
    struct wg_place place[WG_SLICE_INPUTS];
};

/* ------------------------------------------------------------------------------------------------
 * Finding them */

static int64_t example_bytes(const struct wg_tensor *t) {
    return (int64_t)wg_tensor_bytes(t) / t->shape.dim[0];
}

static bool is_op(const struct wg_node *node) { return node->kind == WG_NODE_OP; }

static unsigned cut_inputs(const struct wg_node *node) {
    if (node->active && !wg_call_has_gradient(&node->call)) return 0;
    return wg_sliced_inputs(&node->call);
}

/* Whether the chain reads the node `input` in the other way: whole, or cut. Then it would be there
 * too early, or contributions to its gradient would change places. */
static bool reads_otherwise(const wg_tape *tape, const struct wg_chain *chain, uint32_t input,
                            bool cut) {
    for (size_t i = chain->begin; i < chain->end; i++) {
        const struct wg_node *node = tape->node[i];
        if (!is_op(node)) continue;
        const unsigned mask = cut_inputs(node);
        for (int k = 0; k < node->call.args.inputs; k++) {
            if (node->inputs[k] == input && (mask >> k & 1) != cut) return true;
        }
    }
    return false;
}

/* What a slice reads whole should be no more than what it writes: kernels pack it anew each time.
 */
static bool reads_little(const struct wg_node *node, int64_t each) {
    if (!node->call.op->scratch) return true;
    const unsigned mask = cut_inputs(node);
    const int64_t most = each * example_bytes(&node->value);
    for (int k = 0; k < node->call.args.inputs; k++) {
        if (!(mask >> k & 1) && (int64_t)wg_tensor_bytes(node->call.args.x[k]) > most) return false;
    }
    return true;
}

static bool joins(const wg_tape *tape, const struct wg_chain *chain, size_t at, unsigned mask) {
    const struct wg_node *node = tape->node[at];
    /* What is packed once a call begins a chain of its own, whose slices are as long as can be. */
    if (node->value.shape.dim[0] != chain->examples || node->call.op->scratch) return false;
    for (int k = 0; k < node->call.args.inputs; k++) {
        const uint32_t input = node->inputs[k];
        const bool cut = mask >> k & 1;
        if (!cut && input >= chain->begin && is_op(tape->node[input])) return false;
        if (reads_otherwise(tape, chain, input, cut)) return false;
    }
    return true;
}

/* Sizes the slices; false if it is not worth it. */
static bool size_slices(const wg_tape *tape, struct wg_chain *chain, int threads) {
    int64_t largest = 1, ops = 0;
    for (size_t i = chain->begin; i < chain->end; i++) {
        const struct wg_node *node = tape->node[i];
        if (!is_op(node) || node->call.op->view) continue;
        const int64_t bytes = example_bytes(&node->value);
        if (bytes > largest) largest = bytes;
        ops++;
    }
    const int64_t n = chain->examples;
    if (ops < 2 || largest * n <= SLICE_BYTES) return false;
    int64_t slices = (n * largest + SLICE_BYTES - 1) / SLICE_BYTES;
    slices = (slices + threads - 1) / threads * threads; /* as many for each */
    if (slices > n) slices = n;
    chain->each = (n + slices - 1) / slices;
    return chain->each < n;
}

static size_t lines(size_t bytes) {
    return (bytes + WG_ALIGNMENT - 1) & ~(size_t)(WG_ALIGNMENT - 1);
}

static size_t slice_scratch(const wg_tape *tape, const struct wg_chain *chain) {
    size_t most = 0;
    for (size_t i = chain->begin; i < chain->end; i++) {
        const struct wg_node *node = tape->node[i];
        if (!is_op(node)) continue;
        struct wg_slice slice;
        wg_slice_call(&slice, &node->call, 0, chain->each);
        size_t bytes =
            lines((size_t)wg_call_scratch(&slice.call) * wg_dtype_size(node->value.dtype));
        for (int k = 0; node->active && k < node->call.args.inputs; k++)
            bytes += lines(wg_tensor_bytes(slice.call.args.x[k]));
        if (bytes > most) most = bytes;
    }
    return most;
}

/* Keeps the chain if it is worth it, or what it has after its head. */
static enum wg_status keep_chain(wg_tape *tape, struct wg_chain chain) {
    struct wg_chains *all = &tape->chains;
    for (; chain.begin < chain.end; chain.begin++) {
        const struct wg_node *head = tape->node[chain.begin];
        if (!is_op(head)) continue;
        if (!size_slices(tape, &chain, all->threads)) return WG_OK;
        if (reads_little(head, chain.each)) break;
    }
    if (chain.begin >= chain.end) return WG_OK;
    if (all->count == all->capacity) {
        const size_t capacity = all->capacity ? 2 * all->capacity : 8;
        struct wg_chain *more = realloc(all->chain, capacity * sizeof *more);
        if (!more) return wg_fail(WG_ERROR_MEMORY, "wg_forward: out of memory");
        all->chain = more;
        all->capacity = capacity;
    }
    chain.scratch = wg_hide_inside(tape, &chain, slice_scratch(tape, &chain));
    const size_t scratch = chain.scratch * (size_t)all->threads;
    if (scratch > tape->scratch_needed) tape->scratch_needed = scratch;
    all->chain[all->count++] = chain;
    return WG_OK;
}

static enum wg_status list_chains(wg_tape *tape) {
    struct wg_chain chain = {0};
    for (size_t i = 0; i < tape->count; i++) {
        struct wg_node *node = tape->node[i];
        if (!is_op(node)) continue;
        node->value_at = node->gradient_at = 0;
        node->hidden = false; /* a replay begins */
        const unsigned cut = cut_inputs(node);
        if (!cut || !joins(tape, &chain, i, cut)) {
            enum wg_status status = keep_chain(tape, chain);
            if (status != WG_OK) return status;
            chain = (struct wg_chain){.begin = i, .end = i};
            if (cut) chain.examples = node->value.shape.dim[0];
        }
        if (cut) chain.end = i + 1;
    }
    return keep_chain(tape, chain);
}

static enum wg_status make_steps(struct wg_chains *all) {
    size_t steps = 0;
    for (size_t i = 0; i < all->count; i++) {
        const size_t length = all->chain[i].end - all->chain[i].begin;
        if (length > steps) steps = length;
    }
    if (steps <= all->steps) return WG_OK;
    struct wg_chain_step *step = realloc(all->step, steps * sizeof *step);
    if (!step) return wg_fail(WG_ERROR_MEMORY, "wg_forward: out of memory");
    all->step = step;
    all->steps = steps;
    return WG_OK;
}

static uint32_t last_serial(const wg_tape *tape) {
    return tape->count ? tape->node[tape->count - 1]->serial : 0;
}

bool wg_chains_known(const wg_tape *tape) {
    const struct wg_chains *all = &tape->chains;
    return all->nodes == tape->count && all->serial == last_serial(tape) &&
           all->threads == wg_threads();
}

bool wg_chains_whole(const wg_tape *tape, size_t count) {
    for (size_t i = 0; i < tape->chains.count; i++) {
        const struct wg_chain *chain = &tape->chains.chain[i];
        if (chain->begin < count && chain->end > count) return false;
    }
    return true;
}

enum wg_status wg_find_chains(wg_tape *tape) {
    if (wg_chains_known(tape)) return WG_OK;
    struct wg_chains *all = &tape->chains;
    all->count = 0;
    all->threads = wg_threads();
    enum wg_status status = list_chains(tape);
    if (status == WG_OK) status = make_steps(all);
    if (status == WG_OK) status = wg_reserve_scratch(tape);
    all->nodes = tape->count;
    all->serial = last_serial(tape);
    if (status != WG_OK) all->threads = 0; /* not known */
    return status;
}

void wg_free_chains(struct wg_chains *chains) {
    free(chains->chain);
    free(chains->step);
}

/* ------------------------------------------------------------------------------------------------
 * Running them */

/* Slices are taken by whoever is free; `next` is the first that nobody has taken. */
struct run {
    const wg_tape *tape;
    const struct wg_chain *chain;
    atomic_int_least64_t next;
};

static bool take_slice(struct run *run, int64_t *begin, int64_t *end) {
    const struct wg_chain *chain = run->chain;
    *begin = atomic_fetch_add(&run->next, 1) * chain->each;
    *end = *begin + chain->each < chain->examples ? *begin + chain->each : chain->examples;
    return *begin < chain->examples;
}

/* A thread's own. */
static char *thread_scratch(const struct run *run, int64_t thread) {
    return (char *)run->tape->scratch + (size_t)thread * run->chain->scratch;
}

/* The node's call, with what is hidden where it lies. */
static void slice_node(const struct run *run, const struct wg_node *node, int64_t begin,
                       int64_t end, char *scratch, struct wg_slice *slice) {
    wg_slice_call(slice, &node->call, begin, end);
    if (node->value_at) slice->y.data = scratch + node->value_at;
    const unsigned cut = wg_sliced_inputs(&node->call);
    for (int k = 0; k < node->call.args.inputs; k++) {
        const struct wg_node *input = run->tape->node[node->inputs[k]];
        if ((cut >> k & 1) && input->value_at) slice->x[k].data = scratch + input->value_at;
    }
}

/* Where the gradient of the node's example lies that was placed at `data`. */
static void *gradient_at(const struct wg_node *node, void *data, int64_t example, char *scratch) {
    if (node->gradient_at && data == node->room) return scratch + node->gradient_at;
    return wg_example(&node->value, data, example);
}

typedef void run_slice(const struct run *run, int64_t begin, int64_t end, char *scratch);

static void forward_slice(const struct run *run, int64_t begin, int64_t end, char *scratch) {
    for (size_t i = run->chain->begin; i < run->chain->end; i++) {
        const struct wg_node *node = run->tape->node[i];
        if (!is_op(node) || node->call.op->view) continue;
        struct wg_slice slice;
        slice_node(run, node, begin, end, scratch, &slice);
        wg_call_forward(&slice.call, scratch);
    }
}

static void node_backward_slice(const struct run *run, const struct wg_node *node,
                                const struct wg_chain_step *step, int64_t begin, int64_t end,
                                char *scratch) {
    struct wg_slice slice;
    slice_node(run, node, begin, end, scratch, &slice);
    const unsigned cut = wg_sliced_inputs(&node->call);
    void *dx[WG_SLICE_INPUTS] = {NULL};
    char *own = scratch;
    bool wanted = false;
    for (int k = 0; k < node->call.args.inputs; k++) {
        const struct wg_place *place = &step->place[k];
        const struct wg_node *input = run->tape->node[node->inputs[k]];
        if (!(cut >> k & 1)) continue;
        if (place->dx) dx[k] = gradient_at(input, place->dx, begin, scratch);
        if (place->beside) {
            dx[k] = own;
            own += lines(wg_tensor_bytes(&slice.x[k]));
        }
        wanted = wanted || dx[k];
        if (input->value_at && wg_takes_y(node)) slice.x[k].data = slice.y.data;
    }
    if (wanted) wg_call_gradient(&slice.call, gradient_at(node, step->dy, begin, scratch), dx, own);
    for (int k = 0; k < node->call.args.inputs; k++) {
        const struct wg_place *place = &step->place[k];
        const struct wg_node *input = run->tape->node[node->inputs[k]];
        if (!(cut >> k & 1) || !place->sum) continue;
        wg_add_gradient(&node->call, slice.x[k].size,
                        gradient_at(input, place->sum, begin, scratch),
                        place->beside ? dx[k] : wg_example(&input->value, place->addend, begin));
    }
}

static void backward_slice(const struct run *run, int64_t begin, int64_t end, char *scratch) {
    for (size_t i = run->chain->end; i-- > run->chain->begin;) {
        const struct wg_chain_step *step = &run->tape->chains.step[i - run->chain->begin];
        if (step->dy) node_backward_slice(run, run->tape->node[i], step, begin, end, scratch);
    }
}

struct job {
    struct run *run;
    run_slice *body;
};

static void take_slices(int64_t thread, int64_t end, const void *context) {
    (void)end;
    const struct job *job = context;
    int64_t first, last;
    while (take_slice(job->run, &first, &last))
        job->body(job->run, first, last, thread_scratch(job->run, thread));
}

static void run_slices(wg_tape *tape, const struct wg_chain *chain, run_slice *body) {
    struct run run = {.tape = tape, .chain = chain};
    wg_parallel_split(tape->chains.threads, take_slices, &(struct job){&run, body});
}

void wg_chain_forward(wg_tape *tape, const struct wg_chain *chain) {
    run_slices(tape, chain, forward_slice);
    for (size_t i = chain->begin; i < chain->end; i++)
        tape->node[i]->hidden = tape->node[i]->value_at > 0;
}

void wg_chain_backward(wg_tape *tape, const struct wg_chain *chain) {
    struct wg_chain_step *steps = tape->chains.step;
    for (size_t i = chain->end; i-- > chain->begin;) {
        const struct wg_node *node = tape->node[i];
        struct wg_chain_step *step = &steps[i - chain->begin];
        *step = (struct wg_chain_step){0};
        if (!is_op(node) || !node->active || !*node->has_gradient) continue;
        step->dy = node->gradient;
        for (int k = 0; k < node->call.args.inputs; k++) {
            struct wg_node *input = tape->node[node->inputs[k]];
            wg_place_gradient(tape, node, k, &step->place[k]);
            if (input->gradient_at && step->place[k].dx == input->room)
                input->hidden_gradient = true;
        }
    }
    run_slices(tape, chain, backward_slice);
    for (size_t i = chain->end; i-- > chain->begin;) {
        struct wg_chain_step *step = &steps[i - chain->begin];
        struct wg_node *node = tape->node[i];
        if (!step->dy) continue;
        const unsigned cut = wg_sliced_inputs(&node->call);
        for (int k = 0; k < node->call.args.inputs; k++) {
            if (cut >> k & 1) step->place[k] = (struct wg_place){0};
        }
        void *dx[WG_SLICE_INPUTS] = {NULL};
        wg_place_backward(tape, node, step->dy, step->place, dx);
    }
}
