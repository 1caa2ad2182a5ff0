/// A machine's problems for the summary. A guest can report as many as it likes, so the list is bounded; the trace has them all.
struct ProblemList {
    /// Most problems that are listed.
    static let limit = 100

    private var listed: [String] = []
    private var omitted = 0

    /// The problems in order, and a last line with the number of those that are not listed, if any.
    var texts: [String] {
        omitted == 0 ? listed : listed + ["\(omitted) more; `almanac trace show` lists all problems"]
    }

    mutating func append(_ problem: String) {
        if listed.count < Self.limit { listed.append(problem) } else { omitted += 1 }
    }
}
