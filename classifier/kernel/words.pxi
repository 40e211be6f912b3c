# `classifier.tokenizer`: jieba's cut without its hidden Markov model.

cdef struct Entry:
    uint64_t key  # the last bit says whether longer words begin with it
    double weight  # of a word the logarithm of its probability, which is below 0; 0 of what is none


cdef inline uint64_t first_key(uint32_t first, uint32_t second) noexcept:
    """Of what begins with two characters."""
    return key_of(CHARACTERS, <uint64_t>first << 22 | second << 1)


cdef inline uint64_t longer_key(uint64_t key, uint32_t character) noexcept:
    """Of a beginning with one more character."""
    return key_of(LONG_WORD, mixed(mixed(key) + character) >> 4 << 1)


cdef class Words:
    """A dictionary, and the most probable cut of a text into its words.

    Parameters
    ----------
    dictionary : str
        One ``word frequency`` a line, and what else there may stand behind.
    lexicon : mapping of str to int
        More words, or other frequencies.

    Raises
    ------
    ValueError
        If a line of the dictionary has no frequency.

    Notes
    -----
    A word of frequency f has probability f / N, N being the sum of all; a character that is no word counts as if its
    frequency were 1. Of all ways to cut a run of characters that may be in words, the most probable is taken; of two
    equally probable ones that whose first word is longer. Letters and digits that stand alone behind each other are
    put together. It is found from the end, as jieba does.
    """

    cdef Entry* entries  # words of two characters and more, and what they begin with: open addressing
    cdef uint64_t last
    cdef uint64_t used
    cdef double* single  # weights of characters
    cdef double total
    cdef double least  # weight of what has a frequency of 1
    cdef double* best  # logarithm of the probability of the rest of a run, from each character on
    cdef Py_ssize_t* ends  # of the words that begin there
    cdef Py_ssize_t room

    def __init__(self, str dictionary, lexicon):
        cdef uint64_t places = 16
        while places < 2 * <uint64_t>(dictionary.count("\n") + len(lexicon)):
            places *= 2
        self.entries = <Entry*>zeroed(places * sizeof(Entry))
        self.single = <double*>calloc(CODES, sizeof(double))
        if self.entries == NULL or self.single == NULL:
            raise MemoryError
        self.last = places - 1
        self._take_dictionary(dictionary)
        cdef Text text = Text()
        for word, frequency in lexicon.items():
            text.take(word)
            self._put(text.characters, text.length, frequency)
        self._weigh_all()

    def __dealloc__(self):
        free(self.entries)
        free(self.single)
        free(self.best)
        free(self.ends)

    def cut(self, str text):
        """The pieces of a text."""
        cdef Cut cut = Cut()  # not the common one: while objects are made, another thread may have its turn
        cdef Py_ssize_t i
        cut.take_cut(text, self)
        return [text[cut.pieces[i].start : cut.pieces[i].end] for i in range(cut.count)]

    cdef int _take_dictionary(self, str dictionary) except -1:
        cdef uint32_t word[64]
        cdef int kind = PyUnicode_KIND(dictionary)
        cdef void* data = PyUnicode_DATA(dictionary)
        cdef Py_ssize_t size = PyUnicode_GET_LENGTH(dictionary), i = 0, length, digits, line = 0
        cdef Py_UCS4 character
        cdef int32_t frequency
        while i < size:
            line += 1
            length = digits = frequency = 0
            while i < size and PyUnicode_READ(kind, data, i) > BLANK and length < 64:
                word[length] = PyUnicode_READ(kind, data, i)
                length += 1
                i += 1
            if i < size and PyUnicode_READ(kind, data, i) == BLANK:
                i += 1
            while i < size and digits < 9:
                character = PyUnicode_READ(kind, data, i)
                if not u"0" <= character <= u"9":
                    break
                frequency = 10 * frequency + <int32_t>character - ZERO
                digits += 1
                i += 1
            if not length or not digits:
                raise ValueError(f"line {line} of the dictionary is not a word and a frequency")
            self._put(word, length, frequency)
            while i < size and PyUnicode_READ(kind, data, i) != u"\n":
                i += 1
            i += 1
        return 0

    cdef inline Entry* _at(self, uint64_t key) noexcept:
        """Where a key is, or an empty place."""
        cdef uint64_t place = mixed(key) & self.last
        while self.entries[place].key and self.entries[place].key & ~<uint64_t>1 != key:
            place = (place + 1) & self.last
        return &self.entries[place]

    cdef Entry* _made(self, uint64_t key) except NULL:
        """The entry of a key, made if need be."""
        cdef Entry* entry = self._at(key)
        if entry.key:
            return entry
        if 3 * self.used > 2 * self.last:
            self._grow()
            entry = self._at(key)
        self.used += 1
        entry.key = key
        return entry

    cdef int _grow(self) except -1:
        cdef Entry* old = self.entries
        cdef uint64_t place, places = self.last + 1
        self.entries = <Entry*>zeroed(2 * places * sizeof(Entry))
        if self.entries == NULL:
            self.entries = old
            raise MemoryError
        self.last = 2 * places - 1
        for place in range(places):
            if old[place].key:
                self._at(old[place].key & ~<uint64_t>1)[0] = old[place]
        free(old)
        return 0

    cdef int _put(self, const uint32_t* word, Py_ssize_t length, int32_t frequency) except -1:
        cdef Entry* entry
        cdef uint64_t key
        cdef Py_ssize_t i
        self.total += frequency
        if length == 1 and word[0] < CODES:
            self.total -= self.single[word[0]]
            self.single[word[0]] = frequency
            return 0
        key = first_key(word[0], word[1]) if length > 1 else key_of(CHARACTER, word[0] << 1)
        for i in range(2, length):
            self._made(key).key |= 1
            key = longer_key(key, word[i])
        entry = self._made(key)
        self.total -= entry.weight
        entry.weight = frequency
        return 0

    cdef void _weigh_all(self) noexcept:
        """Put weights in the place of frequencies, which stand there until all are known."""
        cdef double log_total = log(self.total)
        cdef uint64_t place
        self.least = 0 - log_total
        for place in range(self.last + 1):
            if self.entries[place].weight:
                self.entries[place].weight = log(self.entries[place].weight) - log_total
        for place in range(CODES):
            if self.single[place]:
                self.single[place] = log(self.single[place]) - log_total

    cdef int cut_text(self, Cut cut) except -1:
        """Cut what is in `cut`."""
        cdef Py_ssize_t start = 0, end
        cdef const uint32_t* text = cut.characters
        self._reserve(cut.length + 1)
        while start < cut.length:
            end = start
            while end < cut.length and in_run(text[end]):
                end += 1
            if end > start:
                self._find_words(text, start, end)
                self._add_words(cut, start, end)
            else:
                end = start + (2 if text[start] == u"\r" and start + 1 < cut.length and text[start + 1] == u"\n" else 1)
                cut.add(start, end)
            start = end
        return 0

    cdef int _reserve(self, Py_ssize_t places) except -1:
        if places > self.room:
            free(self.best)
            free(self.ends)
            self.room = 2 * places
            self.best = <double*>calloc(self.room, sizeof(double))
            self.ends = <Py_ssize_t*>calloc(self.room, sizeof(Py_ssize_t))
            if self.best == NULL or self.ends == NULL:
                self.room = 0
                raise MemoryError
        return 0

    cdef void _find_words(self, const uint32_t* text, Py_ssize_t start, Py_ssize_t end) noexcept:
        """For each character of a run the end of the word that begins with it on the most probable way to the end."""
        cdef Py_ssize_t i, behind
        cdef double weight
        cdef uint64_t key
        cdef Entry* entry
        for i in range(start, end - 1):
            prefetch(&self.entries[mixed(first_key(text[i], text[i + 1])) & self.last])
        self.best[end] = 0
        for i in range(end - 1, start - 1, -1):
            self.ends[i] = 0
            weight = self.single[text[i]] if text[i] < CODES else self._at(key_of(CHARACTER, text[i] << 1)).weight
            if weight:
                self._take(i, i + 1, weight)
            key = 0
            for behind in range(i + 2, end + 1):
                key = longer_key(key, text[behind - 1]) if key else first_key(text[i], text[i + 1])
                entry = self._at(key)
                if entry.weight:
                    self._take(i, behind, entry.weight)
                if not entry.key & 1:
                    break
            if not self.ends[i]:
                self._take(i, i + 1, self.least)

    cdef inline void _take(self, Py_ssize_t start, Py_ssize_t end, double weight) noexcept:
        """Take a word if there is none yet from here to a better end."""
        cdef double value = weight + self.best[end]
        if not self.ends[start] or value >= self.best[start]:
            self.best[start], self.ends[start] = value, end

    cdef void _add_words(self, Cut cut, Py_ssize_t start, Py_ssize_t end) noexcept:
        cdef Py_ssize_t i = start, begun = -1
        while i < end:
            if self.ends[i] == i + 1 and is_alphanumeric(cut.characters[i]):
                if begun < 0:
                    begun = i
            else:
                if begun >= 0:
                    cut.add(begun, i)
                    begun = -1
                cut.add(i, self.ends[i])
            i = self.ends[i]
        if begun >= 0:
            cut.add(begun, end)


cdef inline bint is_alphanumeric(Py_UCS4 c) noexcept:
    return is_latin(c) or u"A" <= c <= u"Z"


cdef inline bint in_run(Py_UCS4 c) noexcept:
    """Whether a character may be in a word of several: what jieba asks its dictionary of."""
    return (
        0x4E00 <= c <= 0x9FFF
        or is_alphanumeric(c)
        or c == u"+" or c == u"#" or c == u"&" or c == u"." or c == u"_" or c == u"%" or c == u"-"
        or 0x3400 <= c <= 0x4DBF
        or 0xF900 <= c <= 0xFAFF
        or 0x20000 <= c <= 0x2A6DF
        or 0x2A700 <= c <= 0x2EBEF
        or 0x2F800 <= c <= 0x2FA1F
    )
