# `classifier.scorer`.

def category_keys(keys, vocabulary, expressions, marks):
    """Fill `keys` (uint64, shape (F,)) with those of the terms of a vocabulary.

    Expressions are those of the thesaurus, as below; `marks` stand before pieces of characters and before concepts.
    """
    fill_keys(keys, vocabulary, Concepts(expressions, ()), marks[0], marks[1], {})


cdef class CategoryKernel:
    """Probabilities of categories, as `classifier.scorer.Scorer.read` gives them.

    Parameters
    ----------
    keys : uint64, shape (F,)
        Of the terms: `category_keys`.
    idf : float32, shape (F,)
    weights : float32, shape (F, K)
    intercepts : float32, shape (K,)
    expressions : sequence of (str, str)
        Of the thesaurus: expression and concept, the longest first.
    courtesies : collection of str
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
    cdef Concepts concepts
    cdef Words words
    cdef Cut cut
    cdef Bag bag
    cdef Text heard

    def __init__(self, keys, idf, weights, intercepts, expressions, courtesies, Words words not None, KnownTerms known not None):
        self.weights, self.intercepts = weights, intercepts
        self.concepts = Concepts(expressions, courtesies)
        known.take(keys, idf, 0)
        self.bag = Bag(known, 0)
        self.words, self.cut, self.heard = words, CUT, Text()

    def read(self, str canonical, float least):
        """The fields of a `classifier.scorer.Reading`."""
        self.cut.take_cut(canonical, self.words)
        self.bag.clear()
        self._hear_words()
        self._silence_idle_marks()
        self._add_pieces()
        self._add_concepts()
        return self._weigh(least)

    cdef int _hear_words(self) except -1:
        """Fill `heard` with the text, courtesies blank, and count its words; all of them if there are no others."""
        cdef Py_ssize_t i, j, first, last, begin, end
        cdef bint any_word = False
        cdef Cut cut = self.cut
        self.heard.reserve(cut.length + 1)
        self.heard.length = cut.length
        for i in range(cut.length):
            self.heard.characters[i] = cut.characters[i]
        begin = 0
        while begin < cut.count:
            end = begin
            while end < cut.count and cut.pieces[end].key:
                end += 1
            # A clause is [begin, end); [first, last) of it is heard.
            first, last = begin, end
            while first < last and self.concepts.courtesies.get(cut.pieces[first].key) > 0:
                first += 1
            while last > first and self.concepts.courtesies.get(cut.pieces[last - 1].key) > 0:
                last -= 1
            if first < last:
                any_word = True
                if first - begin < FRAME:
                    first = begin
                if end - last < FRAME:
                    last = end
            for i in range(begin, end):
                if first <= i < last:
                    self.bag.add(cut.pieces[i].key)
                else:
                    for j in range(cut.pieces[i].start, cut.pieces[i].end):
                        self.heard.characters[j] = BLANK
            begin = end + 1
        if any_word:
            return 0
        for i in range(cut.length):
            self.heard.characters[i] = cut.characters[i]
        for i in range(cut.count):
            if cut.pieces[i].key:
                self.bag.add(cut.pieces[i].key)
        return 0

    cdef void _silence_idle_marks(self) noexcept:
        """Blank marks behind another one, then idle ones at the beginning and the end; if anything is left then."""
        cdef uint32_t* heard = self.heard.characters
        cdef Py_ssize_t i, start = self.heard.length, end = 0
        cdef bint after_mark = False
        for i in range(self.heard.length):
            if heard[i] == BLANK:
                continue
            if is_mark(heard[i]):
                if after_mark:
                    continue
                after_mark = True
            else:
                after_mark = False
            if not is_idle(heard[i]):
                start, end = min(start, i), i + 1
        if end == 0:
            return
        after_mark = False
        for i in range(self.heard.length):
            if heard[i] == BLANK:
                continue
            if i < start or i >= end:
                heard[i] = BLANK
            elif not is_mark(heard[i]):
                after_mark = False
            elif after_mark:
                heard[i] = BLANK
            else:
                after_mark = True

    cdef int _add_pieces(self) except -1:
        cdef Py_ssize_t i
        cdef uint32_t before = 0, character
        for i in range(self.heard.length):
            character = self.heard.characters[i]
            if character == BLANK:
                continue
            self.bag.add(key_of(CHARACTER, character))
            if before:
                self.bag.add(pair_key(before, character))
            before = character
        return 0

    cdef int _add_concepts(self) except -1:
        cdef Py_ssize_t position = 0, start = self.bag.size, i, j
        cdef int32_t number
        cdef uint64_t one, other
        while position < self.heard.length - 1:
            number = self.concepts.at(self.heard.characters, self.heard.length, position)
            if number >= 0:
                self.bag.add(concept_key(self.concepts.expressions[number].concept, 0))
                position += self.concepts.expressions[number].length
            else:
                position += 1
        cdef Py_ssize_t end = self.bag.size  # nothing but concepts is new from start to end
        for i in range(start, end):
            for j in range(i + 1, end):
                one = (self.bag.terms[i].key >> 21) & 0x1FFFFF
                other = (self.bag.terms[j].key >> 21) & 0x1FFFFF
                self.bag.add(concept_key(min(one, other), max(one, other)))
        return 0

    cdef object _weigh(self, float least):
        cdef Py_ssize_t categories = self.intercepts.shape[0], i, k, known = self.bag.find_rows(self.weights)
        cdef int32_t row
        cdef float value, squares = 0, highest, second = 0, total = 0
        cdef float stack[256]
        cdef float* sums = stack
        cdef const float* weights
        cdef double familiarity = <double>known / self.bag.size if self.bag.size else 0
        cdef list likely
        if categories > 256:
            sums = <float*>calloc(categories, sizeof(float))
            if sums == NULL:
                raise MemoryError
        for k in range(categories):
            sums[k] = 0
        for i in range(self.bag.size):
            row = self.bag.terms[i].row
            if row < 0:
                continue
            value = weight_of(self.bag.terms[i].times) * self.bag.terms[i].idf
            squares += value * value
            weights = &self.weights[row, 0]
            for k in range(categories):
                sums[k] += value * weights[k]
        value = 1 / sqrtf(squares) if squares > 0 else 1
        for k in range(categories):
            sums[k] = sums[k] * value + self.intercepts[k]
        highest = sums[0]
        for k in range(1, categories):
            highest = max(highest, sums[k])
        for k in range(categories):
            sums[k] = expf(sums[k] - highest)
            total += sums[k]
        highest = 0
        for k in range(categories):
            sums[k] /= total
            if sums[k] > highest:
                highest, second = sums[k], highest
            elif sums[k] > second:
                second = sums[k]
        probabilities = PyBytes_FromStringAndSize(<const char*>sums, categories * sizeof(float))
        least = min(least, highest)
        likely = [(k, sums[k]) for k in range(categories) if sums[k] >= least]
        if categories > 256:
            free(sums)
        return probabilities, familiarity, highest, second, likely
