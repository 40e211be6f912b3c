# Expressions found in texts.

cdef struct Expression:
    int32_t first  # of its characters, in the pool
    int32_t length
    int32_t concept
    int32_t other  # the next shorter one with the same beginning, or -1
    uint32_t third  # of its characters, if it has more than two: few others of the same beginning have it


cdef class Concepts:
    """The thesaurus: finds concepts as `classifier.thesaurus.Thesaurus.places` does."""

    cdef Expression* expressions
    cdef unsigned char* beginnings  # whether an expression may begin so: most places of a text need no look-up
    cdef Text pool
    cdef Table starting
    cdef Table courtesies
    cdef dict numbers

    def __cinit__(self, object expressions, object courtesies):
        """`expressions` are (expression, concept), the longest first."""
        cdef Py_ssize_t number = 0, i, filled = 0
        cdef int32_t before
        cdef uint64_t key
        cdef Text text = Text()
        self.numbers = {name: n for n, name in enumerate(sorted({concept for _, concept in expressions}), 1)}
        self.expressions = <Expression*>calloc(len(expressions) + 1, sizeof(Expression))
        self.beginnings = <unsigned char*>calloc(CODES, sizeof(unsigned char))
        if self.expressions == NULL or self.beginnings == NULL:
            raise MemoryError
        self.pool = Text()
        self.pool.reserve(sum(len(expression) for expression, _ in expressions) + 1)
        self.starting = Table(len(expressions))
        for expression, concept in reversed(expressions):  # the longest last: whoever comes last is asked first
            text.take(expression)
            self.expressions[number] = Expression(
                filled, text.length, self.numbers[concept], -1, text.characters[2] if text.length > 2 else 0
            )
            for i in range(text.length):
                self.pool.characters[filled + i] = text.characters[i]
            filled += text.length
            self.beginnings[short_hash(text.characters[0], text.characters[1])] = 1
            key = pair_key(text.characters[0], text.characters[1])
            before = self.starting.get(key)
            if not self.starting.put(key, number):
                self.expressions[number].other = before
                self._replace(key, number)
            number += 1
        self.courtesies = Table(len(courtesies))
        for word in courtesies:
            self.courtesies.put(key_of_word(word), 1)

    def __dealloc__(self):
        free(self.expressions)
        free(self.beginnings)

    cdef void _replace(self, uint64_t key, int32_t row) noexcept:
        cdef uint64_t place = mixed(key) & self.starting.last
        while self.starting.slots[place].key != key:
            place = (place + 1) & self.starting.last
        self.starting.slots[place].row = row

    cdef inline int32_t at(self, const uint32_t* text, Py_ssize_t length, Py_ssize_t position) noexcept:
        """The expression that stands at a position, the longest; or -1."""
        cdef int32_t number
        cdef Expression* expression
        cdef Py_ssize_t i, end
        if not self.beginnings[short_hash(text[position], text[position + 1])]:
            return -1
        number = self.starting.get(pair_key(text[position], text[position + 1]))
        while number >= 0:
            expression = &self.expressions[number]
            end = position + expression.length
            if end <= length and (expression.length == 2 or text[position + 2] == expression.third):
                i = 2 if expression.length == 2 else 3
                while i < expression.length and text[position + i] == self.pool.characters[expression.first + i]:
                    i += 1
                if i == expression.length and not (
                    (position > 0 and is_latin(text[position - 1]) and is_latin(text[position]))
                    or (end < length and is_latin(text[end - 1]) and is_latin(text[end]))
                ):
                    return number
            number = expression.other
        return -1


cdef uint64_t key_of_term(str term, Text text, Concepts concepts, Py_UCS4 piece, Py_UCS4 concept, dict operators) except 0:
    """The key of a term as vocabularies spell it (`classifier.features`, `classifier.signals.clause_terms`)."""
    cdef list names
    cdef uint32_t* characters
    cdef Py_ssize_t length, blank
    text.take(term)
    characters, length = text.characters, text.length
    if length > 1 and characters[0] == piece:
        return key_of(CHARACTER, characters[1]) if length == 2 else pair_key(characters[1], characters[2])
    if length > 1 and characters[0] == concept:
        # A concept that the thesaurus has not is met in no text: any number that is nobody's does.
        names = [concepts.numbers.setdefault(name, len(concepts.numbers) + 1) for name in term[1:].split(term[0])]
        return concept_key(names[0], names[1] if len(names) > 1 else 0)
    blank = place_of(BLANK, characters, length)
    if blank >= 0:
        return hashed(WORDS, word_key(characters, blank), word_key(characters + blank + 1, length - blank - 1))
    if length > 2 and characters[1] == u":":
        return hashed(SCOPED, operators[term[0]], word_key(characters + 2, length - 2))
    return word_key(characters, length)


cdef int fill_keys(
    uint64_t[::1] keys, object vocabulary, Concepts concepts, str piece, str concept, dict operators
) except -1:
    cdef Text text = Text()
    cdef Py_ssize_t row = 0
    for term in vocabulary:
        keys[row] = key_of_term(term, text, concepts, ord(piece), ord(concept), operators)
        row += 1
    return 0
