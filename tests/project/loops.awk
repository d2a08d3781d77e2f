# Counts the innermost loops of every function whose name has _map in it, in a disassembly made by
#     objdump -d -r --no-show-raw-insn -M att OBJECT
# with -v register=ymm or zmm given. A loop is a jump backwards within its function that has no other loop inside; a vector loop is one that
# works on registers of that width and stores vectors. Loops over integers alone (none of the elements) are not counted.
# One line a function, its parts (.part.0, .constprop.0) counted with it:
#     NAME vector=N scalar=N calls=NAME,... same=NAME
# calls: what it calls outside itself, "-" for nothing; same: the function that it is nothing but a jump to (compilers merge equal bodies).
#
# Kept to what mawk can do: hexadecimal numbers are converted by hand.

function hex(text,    i, value) {
    value = 0
    for (i = 1; i <= length(text); i++) value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
    return value
}

function call(callee) {
    sub(/[-+]0x.*/, "", callee)
    sub(/@.*/, "", callee)
    sub(/\..*/, "", callee)
    if (callee == name || callee ~ /^mem(set|cpy|move)$/) return
    calls[name] = calls[name] (calls[name] == "" ? "" : ",") callee
}

function end_function(    i, j, k, inner, wide, stored, floats) {
    if (name == "") return
    for (i = 1; i <= jumps; i++) {
        inner = 1
        for (j = 1; j <= jumps && inner; j++)
            if (j != i && from[j] <= from[i] && to[j] >= to[i] && (from[j] < from[i] || to[j] > to[i])) inner = 0
        if (!inner) continue
        wide = stored = floats = 0
        for (k = 1; k <= count; k++) {
            if (address[k] < to[i] || address[k] > from[i]) continue
            wide += is_wide[k]
            stored += is_store[k]
            floats += is_float[k]
        }
        if (wide && stored) vector[name]++
        else if (floats) scalar[name]++
    }
    if (count <= 8 && tail != "" && tail != name) same[name] = tail
    seen[name] = 1
}

/^[0-9a-f]+ <.*>:$/ {
    end_function()
    name = substr($2, 2, length($2) - 3)
    sub(/\..*/, "", name)
    if (name !~ /_map/) name = ""
    count = jumps = 0
    tail = ""
    next
}

name == "" { next }

# A relocation: the name that a call could not be resolved to yet. Data is referred to otherwise.
/R_X86_64_PLT32/ {
    if (in_call) {
        calls[name] = before
        call($3)
    }
    next
}

/^ *[0-9a-f]+:/ && $2 !~ /^R_/ {
    position = $1
    sub(/:$/, "", position)
    count++
    address[count] = hex(position)
    is_wide[count] = $0 ~ ("%" register)
    is_float[count] = $0 ~ /%[xyz]mm/
    # The destination of a store stands last, in parentheses; the mask of a masked store is behind it.
    is_store[count] = $2 ~ /^v?mov([ua]p|[hl]p|dq|nt)/ && $0 ~ /%[xyz]mm[0-9]+,[^%]*\(.*\)({%k[0-7]})?$/
    in_call = $2 ~ /^call/
    if ($2 !~ /^(call|j)/ || $3 !~ /^[0-9a-f]+$/) next
    label = $4
    gsub(/[<>]/, "", label)
    base = label
    sub(/\+0x.*/, "", base)
    sub(/\..*/, "", base)
    before = calls[name]
    if (in_call) call(base)
    else if (base != name) tail = base
    else if (hex($3) <= address[count]) {
        jumps++
        from[jumps] = address[count]
        to[jumps] = hex($3)
    }
}

END {
    end_function()
    for (name in seen)
        print name, "vector=" (vector[name] + 0), "scalar=" (scalar[name] + 0), "calls=" (calls[name] == "" ? "-" : calls[name]),
            "same=" (same[name] == "" ? "-" : same[name])
}
