# `classifier.signals`.

cdef dict bits_of(object operators):
    return {operator: 1 << n for n, operator in enumerate(dict.fromkeys(operators.values()))}


def signal_keys(keys, vocabulary, operators, mark):
    """Fill `keys` (uint64, shape (F,)) with those of the terms of a vocabulary; `mark` stands before pieces."""
    fill_keys(keys, vocabulary, Concepts((), ()), mark, "\0", bits_of(operators))


cdef class SignalKernel:
    """Scores of signals, as `classifier.signals.SignalDetector` gives them.

    Parameters
    ----------
    keys : uint64, shape (F,)
        Of the terms: `signal_keys`.
    idf : float32, shape (F,)
    weights : float32, shape (F, 2 S)
    intercepts : float32, shape (S,)
    operators : mapping of str to str
        Word → its operator (`classifier.scope`), a denial's first.
    ends_denial : collection of str
    few : float
        Added to the square of a vector's length.
    words : Words
        They cut the texts.
    known : KnownTerms
        It takes the vocabulary in.

    Raises
    ------
    ValueError
        If two terms have one key.
    """

    cdef const float[:, ::1] weights
    cdef const float[::1] intercepts
    cdef float few
    cdef Table operators
    cdef Words words
    cdef Cut cut
    cdef Bag bag
    cdef int32_t* numbers  # of the terms of the text, one after the other
    cdef int32_t* times  # how often each number stands in a clause
    cdef Span* clauses
    cdef Py_ssize_t count
    cdef Py_ssize_t room
    cdef Py_ssize_t signals
    cdef float* sums
    cdef float* best
    cdef Span* found
    cdef uint64_t denial
    cdef uint64_t speakers

    def __init__(
        self, keys, idf, weights, intercepts, operators, ends_denial, denial, speakers, few, Words words not None, KnownTerms known not None
    ):
        self.weights, self.intercepts, self.few = weights, intercepts, few
        bits = bits_of(operators)
        self.denial = bits[denial]
        self.speakers = sum(bits[speaker] for speaker in speakers)
        self.operators = Table(len(operators) + len(ends_denial))
        for word, operator in operators.items():
            self.operators.put(key_of_word(word), bits[operator])
        for word in ends_denial:
            if not self.operators.put(key_of_word(word), 0):
                raise ValueError(f"{word!r} ends a denial and is an operator")
        known.take(keys, idf, 1)
        self.bag = Bag(known, 1)
        self.words, self.cut = words, CUT
        self.signals = self.intercepts.shape[0]
        if self.signals > MOST_SIGNALS:
            raise ValueError(f"{self.signals} signals, at most {MOST_SIGNALS}")
        self.sums = <float*>calloc(self.signals + 1, sizeof(float))
        self.best = <float*>calloc(self.signals + 1, sizeof(float))
        self.found = <Span*>calloc(self.signals + 1, sizeof(Span))
        if self.sums == NULL or self.best == NULL or self.found == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.numbers)
        free(self.times)
        free(self.clauses)
        free(self.sums)
        free(self.best)
        free(self.found)

    def find(self, str canonical):
        """For each signal that is there its column, and the span of the clause that speaks for it most."""
        cdef Span found[MOST_SIGNALS]
        cdef Py_ssize_t count = 0, k
        self._weigh(canonical)
        for k in range(self.signals):
            if self.best[k] > 0:
                found[count] = self.found[k]
                found[count].terms = k
                count += 1
        return [(found[k].terms, found[k].start, found[k].end) for k in range(count)]

    def scores(self, str canonical):
        """The score of every signal."""
        cdef float best[MOST_SIGNALS]
        cdef Py_ssize_t k
        self._weigh(canonical)
        for k in range(self.signals):
            best[k] = self.best[k]
        return [best[k] for k in range(self.signals)]

    cdef int _weigh(self, str canonical) except -1:
        """Fill `best` and `found`: of every signal the score, and the clause that speaks for it most."""
        cdef Py_ssize_t start = 0, end, k, piece = 0, begun = 0, clause = 0, clauses = 0
        self.cut.take_cut(canonical, self.words)
        self._reserve()
        self.bag.clear()
        self.count = 0
        while True:
            end = self._clause_end(start)
            piece = self._count_clause(start, end, piece)
            self.clauses[clauses] = Span(start, end, self.count)
            clauses += 1
            start = end
            if end >= self.cut.length:
                break
        self.bag.find_rows(self.weights)
        for clause in range(clauses):
            self._weigh_clause(begun, self.clauses[clause].terms)
            begun = self.clauses[clause].terms
            for k in range(self.signals):
                if clause == 0 or self.sums[k] > self.best[k]:
                    self.best[k], self.found[k] = self.sums[k], self.clauses[clause]
        self._weigh_whole()
        for k in range(self.signals):
            self.best[k] += self.sums[k] + self.intercepts[k]
        return 0

    cdef int _reserve(self) except -1:
        """Room for all terms: of a word itself, its pair, and four scopes; of a character itself and its pair."""
        cdef Py_ssize_t terms = 6 * self.cut.count + 2 * self.cut.length + 1
        if terms > self.room:
            free(self.numbers)
            free(self.times)
            free(self.clauses)
            self.numbers = <int32_t*>calloc(2 * terms, sizeof(int32_t))
            self.times = <int32_t*>calloc(2 * terms, sizeof(int32_t))
            self.clauses = <Span*>calloc(2 * terms, sizeof(Span))
            self.room = 2 * terms
            if self.numbers == NULL or self.times == NULL or self.clauses == NULL:
                self.room = 0
                raise MemoryError
        return 0

    cdef Py_ssize_t _clause_end(self, Py_ssize_t start) noexcept:
        """Where the clause that begins at `start` ends: behind its marks; marks at its beginning do not end it."""
        cdef Py_ssize_t i = start
        cdef const uint32_t* characters = self.cut.characters
        while i < self.cut.length and ends_clause(characters[i]):
            i += 1
        while i < self.cut.length and not ends_clause(characters[i]):
            i += 1
        while i < self.cut.length and ends_clause(characters[i]):
            i += 1
        return i

    cdef Py_ssize_t _count_clause(self, Py_ssize_t start, Py_ssize_t end, Py_ssize_t piece) except -1:
        """Count the terms of a clause whose first piece is `piece`; the number of the next clause's first."""
        cdef Cut cut = self.cut
        cdef uint64_t before = 0, key, active = 0, bit
        cdef uint32_t last = 0, character
        cdef int32_t operator
        cdef Py_ssize_t i
        while piece < cut.count and cut.pieces[piece].start < end:
            key = cut.pieces[piece].key
            piece += 1
            if not key:
                continue
            self._count(key)
            if before:
                self._count(hashed(WORDS, before, key))
            before = key
            operator = self.operators.get(key)
            if operator == 0:
                active &= ~self.denial
            bit = 1
            while bit <= active:
                if active & bit:
                    self._count(hashed(SCOPED, bit, key))
                bit <<= 1
            if operator > 0:
                if <uint64_t>operator & self.speakers:
                    active &= ~self.speakers
                active |= operator
        for i in range(start, end):
            character = cut.characters[i]
            if character == BLANK:
                continue
            self._count(key_of(CHARACTER, character))
            if last:
                self._count(pair_key(last, character))
            last = character
        return piece

    cdef inline int _count(self, uint64_t key) except -1:
        self.numbers[self.count] = self.bag.add(key)
        self.count += 1
        return 0

    cdef void _weigh_clause(self, Py_ssize_t begun, Py_ssize_t ended) noexcept:
        """Fill `sums` with the scores of the terms from one to another, by the second half of the weights."""
        cdef Py_ssize_t i, k
        cdef float squares = 0
        cdef int32_t number
        for k in range(self.signals):
            self.sums[k] = 0
        for i in range(begun, ended):
            self.times[self.numbers[i]] += 1
        for i in range(begun, ended):
            number = self.numbers[i]
            if self.times[number]:
                squares += self._add(&self.bag.terms[number], self.times[number], self.signals)
                self.times[number] = 0
        for k in range(self.signals):
            self.sums[k] /= sqrtf(squares + self.few)

    cdef void _weigh_whole(self) noexcept:
        """Fill `sums` with the scores of all terms, by the first half of the weights."""
        cdef Py_ssize_t i, k
        cdef float squares = 0
        for k in range(self.signals):
            self.sums[k] = 0
        for i in range(self.bag.size):
            squares += self._add(&self.bag.terms[i], self.bag.terms[i].times, 0)
        for k in range(self.signals):
            self.sums[k] /= sqrtf(squares + self.few)

    cdef inline float _add(self, const Term* term, int32_t times, Py_ssize_t column) noexcept:
        """Add a term to the sums, by the weights from a column on; the square of its value."""
        cdef Py_ssize_t k
        cdef float value
        cdef const float* weights
        cdef float* sums = self.sums
        if term.row < 0:
            return 0
        value = weight_of(times) * term.idf
        weights = &self.weights[term.row, column]
        for k in range(self.signals):
            sums[k] += value * weights[k]
        return value * value
