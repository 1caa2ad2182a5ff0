/// Which known word was probably meant.
enum Suggestion {
    /// The known word nearest to `word`, if it is near enough to be a typing error.
    static func nearest(to word: String, among known: [String]) -> String? {
        let count = word.count
        let limit = max(1, count / 3)
        // The distance is at least the difference in length, so a word of megabytes is compared with nothing.
        let near = known.filter { abs($0.count - count) <= limit }
        return near.map { (distance(word, $0), $0) }.filter { $0.0 <= limit }.min { $0.0 < $1.0 }?.1
    }

    /// Insertions, deletions, replacements and swaps of neighbours that make one word of the other.
    static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a), Array(b))
        var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in 0...a.count { rows[i][0] = i }
        for j in 0...b.count { rows[0][j] = j }
        for i in a.indices {
            for j in b.indices {
                let replaced = rows[i][j] + (a[i] == b[j] ? 0 : 1)
                rows[i + 1][j + 1] = min(rows[i][j + 1] + 1, rows[i + 1][j] + 1, replaced)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    rows[i + 1][j + 1] = min(rows[i + 1][j + 1], rows[i - 1][j - 1] + 1)
                }
            }
        }
        return rows[a.count][b.count]
    }
}
