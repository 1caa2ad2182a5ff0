/// What people usually did wrong where libyaml cannot go on, said of the line with the mistake. libyaml's own words are about
/// its state, and its place is often a line too late.
struct YAMLHint {
    let line: Int
    let column: Int
    let message: String

    /// A place in the text, counted from 1.
    typealias Place = (line: Int, column: Int)

    /// Lines before the place of an error in which a key without its space is looked for.
    private static let reach = 3

    /// - Parameters:
    ///   - problem: libyaml's words.
    ///   - context: where what it was reading began, and its words for that.
    init?(_ problem: String, at place: Place, context: (place: Place, words: String)?, in text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        func line(_ number: Int) -> Substring { lines.indices.contains(number - 1) ? lines[number - 1] : "" }
        func hint(_ place: Place, _ message: String) -> YAMLHint {
            YAMLHint(line: place.line, column: place.column, message: message)
        }
        if problem.contains("mapping values") || problem.contains("could not find expected ':'") {
            for number in stride(from: place.line, to: max(0, place.line - 1 - Self.reach), by: -1) {
                guard let (key, column) = Self.keyWithoutSpace(line(number)) else { continue }
                self = hint((number, column), "a space must follow the colon of \(quoted(key + ":"))")
                return
            }
        }
        switch problem {
        case _ where problem.contains("mapping values"):
            let before = line(place.line).unicodeScalars.prefix(max(0, place.column - 1))
            let isSecond = String(String.UnicodeScalarView(before)).contains(": ")
            self = hint(
                place,
                isSecond
                    ? "a second ': ' on this line: put the text in quotes"
                    : "no key can stand here: this line, or the one before, is indented wrongly")
        case _ where problem.contains("expected ',' or"):
            guard let context else { return nil }
            let bracket = problem.hasSuffix("'}'") ? "{" : "["
            let isBefore = context.place.line < place.line
            self = hint(
                isBefore ? context.place : place,
                isBefore
                    ? "the \(quoted(bracket)) that opens here is not closed before line \(place.line), or a comma is missing"
                    : "the \(quoted(bracket)) of column \(context.place.column) is not closed, or a comma is missing"
            )
        case _ where problem.contains("end of stream"):
            guard let context, context.words.contains("quoted") else { return nil }
            self = hint(context.place, "the text in quotes that begins here has no closing quote")
        case _ where problem.contains("could not find expected ':'"):
            self = hint(context?.place ?? place, "this line has no ': ' between a key and its value")
        case _ where problem.contains("did not find expected key"), _ where problem.contains("'-' indicator"):
            let before = line(place.line).unicodeScalars.prefix(max(0, place.column - 1))
            self = hint(
                place,
                before.allSatisfy { $0 == " " }
                    ? "this line, or the one before, is indented wrongly: keys of one mapping stand in one column"
                    : "something follows a closing quote or bracket: put the whole text in quotes")
        default: return nil
        }
    }

    private init(line: Int, column: Int, message: String) {
        self.line = line
        self.column = column
        self.message = message
    }

    /// `memory` of a text such as `memory:128M`, and the column of its colon, when the text begins with a key of the lab file and
    /// a colon without a space.
    static func keyWithoutSpace(_ line: some StringProtocol) -> (key: String, column: Int)? {
        let start = line.drop { " -{[,".contains($0) }
        let key = start.prefix { $0.isASCII && ($0.isLetter || $0 == "-") }
        let rest = start.dropFirst(key.count)
        guard rest.first == ":", let next = rest.dropFirst().first, !next.isWhitespace,
            known.contains(String(key))
        else { return nil }
        return (String(key), line.unicodeScalars.distance(from: line.startIndex, to: rest.startIndex) + 1)
    }

    private static let known = Set(KeyTables.all.flatMap(\.names))
}
