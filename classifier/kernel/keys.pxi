# What terms are known by.

cdef inline uint64_t mixed(uint64_t bits) noexcept:
    """Bits spread over all 64 (the end of MurmurHash3): different ones stay different."""
    bits ^= bits >> 33
    bits *= <uint64_t>0xFF51AFD7ED558CCD
    bits ^= bits >> 33
    bits *= <uint64_t>0xC4CEB9FE1A85EC53
    return bits ^ (bits >> 33)


cdef inline uint64_t key_of(uint64_t kind, uint64_t content) noexcept:
    return kind << 61 | content


cdef inline uint64_t hashed(uint64_t kind, uint64_t one, uint64_t other) noexcept:
    return key_of(kind, mixed(mixed(one) + other) >> 3)


cdef inline uint64_t pair_key(uint32_t first, uint32_t second) noexcept:
    return key_of(CHARACTERS, <uint64_t>first << 21 | second)


cdef inline uint32_t short_hash(uint32_t first, uint32_t second) noexcept:
    """Of 16 bits."""
    return ((first * 40503) ^ (second * 2531)) & 0xFFFF


cdef inline uint64_t concept_key(uint64_t first, uint64_t second) noexcept:
    """Of concepts by number, from 1; the second is 0 for one alone."""
    return key_of(CONCEPT, first << 21 | second)


cdef uint64_t word_key(const uint32_t* characters, Py_ssize_t length) noexcept:
    cdef uint64_t bits = length
    cdef Py_ssize_t i
    if length == 1:
        return key_of(SHORT_WORD, characters[0])
    if length == 2:
        return key_of(SHORT_WORD, <uint64_t>1 << 60 | <uint64_t>characters[0] << 21 | characters[1])
    for i in range(length):
        bits = mixed(bits) + characters[i]
    return key_of(LONG_WORD, mixed(bits) >> 3)


cdef uint64_t key_of_word(str word):
    cdef Text text = Text()
    text.take(word)
    return word_key(text.characters, text.length)


cdef Py_ssize_t place_of(Py_UCS4 character, const uint32_t* characters, Py_ssize_t length) noexcept:
    """Where a character first stands, or -1."""
    cdef Py_ssize_t i
    for i in range(length):
        if characters[i] == character:
            return i
    return -1


cdef inline bint is_idle(Py_UCS4 c) noexcept:  # classifier.features._IDLE
    return c == u" " or c == u"," or c == u"." or c == u"。" or c == u"、" or c == u";" or c == u":" or c == u"…" or c == u"~"


cdef inline bint is_mark(Py_UCS4 c) noexcept:  # classifier.features._MARKS
    return (is_idle(c) and c != u" ") or c == u"!" or c == u"?"


cdef inline bint ends_clause(Py_UCS4 c) noexcept:  # classifier.signals._END
    return is_mark(c) and c != u"、"


cdef inline bint is_latin(Py_UCS4 c) noexcept:
    return u"a" <= c <= u"z" or u"0" <= c <= u"9"


cdef inline bint in_word(Py_UCS4 c) noexcept:
    return 0x4E00 <= c <= 0x9FFF or Py_UNICODE_ISALNUM(c) or c == u"_"
