# Vocabularies, and the terms of a text counted.

cdef struct Slot:
    uint64_t key
    int32_t row


cdef class Table:
    """Keys and what is kept of each: open addressing, half full at most."""

    cdef Slot* slots
    cdef uint64_t last

    def __cinit__(self, Py_ssize_t size):
        cdef uint64_t places = 16
        while places < 2 * size:
            places *= 2
        self.slots = <Slot*>zeroed(places * sizeof(Slot))
        if self.slots == NULL:
            raise MemoryError
        self.last = places - 1

    def __dealloc__(self):
        free(self.slots)

    cdef bint put(self, uint64_t key, int32_t row) noexcept:
        """Keep it, unless the key is there already."""
        cdef uint64_t place = mixed(key) & self.last
        while self.slots[place].key:
            if self.slots[place].key == key:
                return False
            place = (place + 1) & self.last
        self.slots[place].key, self.slots[place].row = key, row
        return True

    cdef inline Slot* find(self, uint64_t key) noexcept:
        """Where a key is, or an empty place."""
        cdef uint64_t place = mixed(key) & self.last
        while self.slots[place].key and self.slots[place].key != key:
            place = (place + 1) & self.last
        return &self.slots[place]

    cdef inline int32_t get(self, uint64_t key) noexcept:
        """What is kept of a key, or -1."""
        cdef Slot* slot = self.find(key)
        return slot.row if slot.key else -1


cdef struct Known:
    uint64_t key
    int32_t row[2]  # from 1; 0 if that vocabulary has it not
    float idf[2]


cdef class KnownTerms:
    """The terms of two vocabularies, of categories and of signals: most are in both, and looked up one after the other.

    Open addressing, half full at most.
    """

    cdef Known* slots
    cdef uint64_t last
    cdef uint64_t used

    def __cinit__(self):
        self._resize(16)

    def __dealloc__(self):
        free(self.slots)

    cdef int _resize(self, uint64_t places) except -1:
        cdef Known* old = self.slots
        cdef uint64_t place, before = self.last + 1 if old != NULL else 0
        self.slots = <Known*>zeroed(places * sizeof(Known))
        if self.slots == NULL:
            self.slots = old
            raise MemoryError
        self.last = places - 1
        for place in range(before):
            if old[place].key:
                self.find(old[place].key)[0] = old[place]
        free(old)
        return 0

    cdef int take(self, const uint64_t[::1] keys, const float[::1] idf, int side) except -1:
        """Take a vocabulary in."""
        cdef uint64_t places = self.last + 1
        cdef int32_t row
        cdef Known* slot
        while places < 2 * (self.used + <uint64_t>keys.shape[0]):
            places *= 2
        if places > self.last + 1:
            self._resize(places)
        for row in range(keys.shape[0]):
            slot = self.find(keys[row])
            if not keys[row] or slot.row[side]:
                raise ValueError(f"term {row} has no key of its own")
            if not slot.key:
                slot.key = keys[row]
                self.used += 1
            slot.row[side], slot.idf[side] = row + 1, idf[row]
        return 0

    cdef inline Known* find(self, uint64_t key) noexcept:
        """Where a key is, or an empty place."""
        cdef uint64_t place = mixed(key) & self.last
        while self.slots[place].key and self.slots[place].key != key:
            place = (place + 1) & self.last
        return &self.slots[place]


cdef struct Term:
    uint64_t key
    int32_t times
    int32_t row
    float idf


cdef struct Mark:
    uint32_t round
    int32_t number


cdef class Bag:
    """The different terms of a text, numbered as they first came, how often each came, and its row in a vocabulary."""

    cdef KnownTerms known
    cdef int side
    cdef Term* terms
    cdef Mark* marks
    cdef Py_ssize_t size
    cdef uint64_t last
    cdef uint32_t round  # a place that another round has marked is free

    def __cinit__(self, KnownTerms known, int side):
        self.known, self.side = known, side
        self.round = 1
        self._resize(1024)

    def __dealloc__(self):
        free(self.terms)
        free(self.marks)

    cdef int _resize(self, Py_ssize_t places) except -1:
        cdef Term* terms = <Term*>realloc(self.terms, places // 2 * sizeof(Term))
        if terms == NULL:
            raise MemoryError
        self.terms = terms
        free(self.marks)
        self.marks = <Mark*>calloc(places, sizeof(Mark))
        if self.marks == NULL:
            raise MemoryError
        self.last = places - 1
        return 0

    cdef void clear(self) noexcept:
        self.size = 0
        self.round += 1
        if not self.round:
            memset(self.marks, 0, (self.last + 1) * sizeof(Mark))
            self.round = 1

    cdef int _grow(self) except -1:
        cdef Py_ssize_t number
        cdef uint64_t place
        self._resize(2 * (self.last + 1))
        for number in range(self.size):
            place = mixed(self.terms[number].key) & self.last
            while self.marks[place].round == self.round:
                place = (place + 1) & self.last
            self.marks[place].round, self.marks[place].number = self.round, number
        return 0

    cdef inline int32_t add(self, uint64_t key) except -1:
        """Count it, and give its number."""
        cdef uint64_t bits = mixed(key), place = bits & self.last
        cdef int32_t number
        while self.marks[place].round == self.round:
            number = self.marks[place].number
            if self.terms[number].key == key:
                self.terms[number].times += 1
                return number
            place = (place + 1) & self.last
        prefetch(&self.known.slots[bits & self.known.last])
        number = self.size
        self.marks[place].round, self.marks[place].number = self.round, number
        self.terms[number].key, self.terms[number].times = key, 1
        self.size += 1
        if 2 * self.size > self.last:
            self._grow()
        return number

    cdef Py_ssize_t find_rows(self, const float[:, ::1] weights) noexcept:
        """Give all terms their rows, -1 to those not in the vocabulary; how many are."""
        cdef Py_ssize_t number, known = 0
        cdef Known* slot
        cdef const float* row
        cdef int side = self.side
        for number in range(self.size):
            slot = self.known.find(self.terms[number].key)
            if slot.row[side]:
                known += 1
                self.terms[number].row, self.terms[number].idf = slot.row[side] - 1, slot.idf[side]
                row = &weights[self.terms[number].row, 0]
                prefetch(row)
                prefetch(row + 16)
                prefetch(row + weights.shape[1] - 1)
            else:
                self.terms[number].row = -1
        return known


cdef inline float weight_of(int32_t times) noexcept:
    """Of a term that stands there so often (sub-linear)."""
    return 1 if times == 1 else 1 + logf(times)
