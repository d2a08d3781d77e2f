/* The checker is checked: of every op in every case, wrong gradients made of right ones must fail,
 * and the diagnosis must name the mistake where it has a word for it. By differences alone: neither
 * tangents nor contracts help. */
#include "case_list.h"
#include "mutant.h"
#include "tally.h"

#include "wengert/wengert.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_MUTANTS 1800
#define LEAST_NAMED 0.8 /* of the diagnoses that have a word */

enum counted { CAUGHT, SURVIVED, INAPPLICABLE, HAS_WORD, NAMED };

static const struct wg_gradcheck_options differences = {.levels =
                                                            WG_LEVEL_DIFFERENCES | WG_LEVEL_KINKS};

/* Words of the report that name each mistake, any of them; NULL where there are none. "one element"
 * is right for a tail or a row in which one element alone is not zero. */
static const char *const words[MUTATIONS][3] = {
    [SIGN] = {"wrong sign"},
    [DOUBLED] = {"factor 2 too much"},
    [SLIGHTLY_OFF] = {"factor 1.0001"},
    [ZERO] = {"no gradient arrives"},
    [CONSTANT] = {"same number", "upstream gradient is ignored"},
    [TRANSPOSED] = {"transpose"},
    [FIRST_ONLY] = {"first row"},
    [LAST_ONLY] = {"last row"},
    [TAIL] = {"tail", "one element alone"},
    [ONE_ELEMENT] = {"one element alone"},
    [NOT_A_NUMBER] = {"NaN"},
    [AT_OUTPUT] = {"taken at y"},
    [SEVERED_FIRST] = {"no gradient arrives"},
    [SEVERED_LAST] = {"no gradient arrives"},
};

/* Some words need more to show than one element has: a pattern in one number is a factor. */
static bool has_word(int64_t smallest) {
    const bool pattern = mutant.mutation == CONSTANT || mutant.mutation == ONE_ELEMENT;
    return words[mutant.mutation][0] && (!pattern || smallest > 2);
}

static bool names_it(const struct wg_gradcheck_result *result) {
    for (int i = 0; i < 3 && words[mutant.mutation][i]; i++) {
        if (strstr(result->diagnosis, words[mutant.mutation][i])) return true;
    }
    return false;
}

/* Elements of the smallest input, as the case's text says. */
static int64_t smallest_input(const char *text) {
    int64_t smallest = INT64_MAX;
    while (*text) {
        const size_t length = strcspn(text, " ");
        int64_t size = 1;
        bool shape = !memchr(text, '=', length);
        for (const char *at = text; shape && *text != 's' && at < text + length;) {
            char *end;
            size *= strtoll(at, &end, 10);
            at = *end == 'x' ? end + 1 : text + length;
        }
        if (shape && size < smallest) smallest = size;
        text += length + (text[length] == ' ');
    }
    return smallest;
}

static void try_mutation(const struct case_parameter *parameter, enum mutation mutation,
                         struct tally *tally) {
    const struct wg_op wrapper = mutant_of(wg_find_op(parameter->op), mutation);
    struct wg_gradcheck_result result;
    enum wg_status status = mutant_check(&wrapper, parameter->text, &differences, &result);
    cr_assert_eq(status, WG_OK, "%s [%s]: %s", parameter->op, parameter->text, wg_error());
    cr_assert(mutant.nonzero, "%s [%s]: every gradient is zero", parameter->op, parameter->text);
    long long *count = tally->count[mutation];
    if (!mutant.changed) {
        count[INAPPLICABLE]++;
        cr_expect(result.pass, "%s [%s], a right gradient: %s", parameter->op, parameter->text,
                  wg_verdict_name(result.verdict));
        return;
    }
    const bool caught = result.verdict == WG_VERDICT_FAIL || result.verdict == WG_VERDICT_NONFINITE;
    count[caught ? CAUGHT : SURVIVED]++;
    cr_expect(caught, "%s [%s], mutation \"%s\" survived: %s", parameter->op, parameter->text,
              mutation_names[mutation], wg_verdict_name(result.verdict));
    if (!has_word(smallest_input(parameter->text))) return;
    count[HAS_WORD]++;
    count[NAMED] += names_it(&result);
    if (getenv("WENGERT_SHOW") && !names_it(&result))
        fprintf(stderr, "%s [%s] %s: %s\n", parameter->op, parameter->text,
                mutation_names[mutation], result.diagnosis);
}

ParameterizedTestParameters(mutant, is_caught_by_differences_alone) {
    size_t count;
    struct case_parameter *list = list_cases(&count);
    return cr_make_param_array(struct case_parameter, list, count);
}

ParameterizedTest(struct case_parameter *parameter, mutant, is_caught_by_differences_alone) {
    struct tally tally = {.count = {{0}}};
    for (enum mutation m = RIGHT; m < MUTATIONS; m++) try_mutation(parameter, m, &tally);
    tally_add(&tally);
}

int main(int argc, char **argv) {
    struct tally sum;
    int filtered;
    long long mutants = 0, survivors = 0, inapplicable = 0, word = 0, named = 0;
    int passed = tally_run(argc, argv, &sum, &filtered);
    printf("%-28s %8s %9s %12s %15s\n", "mutation", "caught", "survived", "inapplicable",
           "named by cause");
    for (int m = RIGHT + 1; m < MUTATIONS; m++) {
        const long long *c = sum.count[m];
        printf("%-28s %8lld %9lld %12lld %9lld/%lld\n", mutation_names[m], c[CAUGHT], c[SURVIVED],
               c[INAPPLICABLE], c[NAMED], c[HAS_WORD]);
        mutants += c[CAUGHT] + c[SURVIVED];
        survivors += c[SURVIVED];
        inapplicable += c[INAPPLICABLE];
        word += c[HAS_WORD];
        named += c[NAMED];
    }
    printf("%lld mutants, %lld survivors, %lld inapplicable; %lld of %lld diagnoses name the cause "
           "(%.1f%%)\n",
           mutants, survivors, inapplicable, named, word, 100 * (double)named / (double)word);
    const int enough = filtered || mutants >= LEAST_MUTANTS;
    return !(passed && survivors == 0 && enough && (double)named >= LEAST_NAMED * (double)word);
}
