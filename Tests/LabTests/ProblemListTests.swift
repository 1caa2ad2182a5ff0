import Testing

@testable import Lab

struct ProblemListTests {
    @Test func aGuestThatReportsWithoutEndFillsNoMemory() {
        var problems = ProblemList()
        let texts = (0..<100).map { "problem \($0)" }
        for text in texts { problems.append(text) }
        #expect(problems.texts == texts)
        for _ in 0..<1000 { problems.append("again") }
        #expect(problems.texts == texts + ["1000 more; `almanac trace show` lists all problems"])
    }
}
