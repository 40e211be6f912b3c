# Texts as code points, and as the pieces they were cut into.

cdef struct Span:
    Py_ssize_t start
    Py_ssize_t end
    Py_ssize_t terms  # of the text up to its end


cdef class Text:
    """A text as code points."""

    cdef uint32_t* characters
    cdef Py_ssize_t length
    cdef Py_ssize_t room

    def __dealloc__(self):
        free(self.characters)

    cdef int reserve(self, Py_ssize_t length) except -1:
        cdef uint32_t* characters
        if length > self.room:
            characters = <uint32_t*>realloc(self.characters, 2 * length * sizeof(uint32_t))
            if characters == NULL:
                raise MemoryError
            self.characters, self.room = characters, 2 * length
        return 0

    cdef int take(self, str text) except -1:
        cdef int kind = PyUnicode_KIND(text)
        cdef void* data = PyUnicode_DATA(text)
        cdef Py_ssize_t i
        self.length = PyUnicode_GET_LENGTH(text)
        self.reserve(self.length + 1)
        for i in range(self.length):
            self.characters[i] = PyUnicode_READ(kind, data, i)
        return 0

    cdef str string(self):
        return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, self.characters, self.length)


cdef struct Piece:
    Py_ssize_t start
    Py_ssize_t end
    uint64_t key  # 0 for what is no word


cdef class Cut(Text):
    """A canonical text, and the pieces it was cut into."""

    cdef Piece* pieces
    cdef Py_ssize_t count
    cdef Py_ssize_t piece_room
    cdef str canonical
    cdef Words words

    def __dealloc__(self):
        free(self.pieces)

    cdef int take_cut(self, str canonical, Words words) except -1:
        """Take a text and cut it; who comes with the same one again finds it here."""
        cdef Piece* room
        if canonical is self.canonical and words is self.words:
            return 0
        self.canonical = self.words = None
        self.take(canonical)
        if self.length > self.piece_room:
            room = <Piece*>realloc(self.pieces, 2 * self.length * sizeof(Piece))
            if room == NULL:
                raise MemoryError
            self.pieces, self.piece_room = room, 2 * self.length
        self.count = 0
        words.cut_text(self)
        self.canonical, self.words = canonical, words
        return 0

    cdef inline void add(self, Py_ssize_t start, Py_ssize_t end) noexcept:
        """Add a piece; there is room for as many as there are characters."""
        cdef Piece* piece = &self.pieces[self.count]
        cdef Py_ssize_t i
        self.count += 1
        piece.start, piece.end, piece.key = start, end, 0
        for i in range(start, end):
            if in_word(self.characters[i]):
                piece.key = word_key(self.characters + start, end - start)
                break


cdef Cut CUT = Cut()
"""The last text that was cut: categories and signals are read of the same."""
