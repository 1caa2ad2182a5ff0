import LabPlan
import Testing

@testable import Lab

struct LogJudgeTests {
    /// A report of a kernel or sanitizer is found wherever it stands in the line, and only in the output it belongs to.
    @Test func reportsAreFound() {
        let kernel = KernelReports.ofKernels.phrases
        let programs = KernelReports.ofPrograms.phrases
        #expect(kernel.count > 5 && programs.count > 3)
        for (phrases, source) in [(kernel, LogSource.console), (programs, .output)] {
            for phrase in phrases {
                for line in [phrase, "é [    1.5] \(phrase)", "\(phrase.dropLast())\(phrase) in f()"] {
                    #expect(KernelReports.isReport(line, source), "\(line)")
                }
                #expect(!KernelReports.isReport(String(phrase.dropLast()), source))
                #expect(!KernelReports.isReport(phrase, source == .console ? .output : .console))
            }
            #expect(!KernelReports.isReport("", source))
        }
    }

    /// One pass over all phrases finds what a search for each phrase finds.
    @Test func aSetFindsWhatEachPhraseFinds() {
        let phrases = ["ab", "aab", "b", "ca", "ccc"]
        for subset in 1..<1 << phrases.count {
            let some = phrases.indices.filter { subset >> $0 & 1 == 1 }.map { phrases[$0] }
            let set = PhraseSet(some)
            for number in 0..<1024 {
                let text = String((0..<5).map { Array("abcd")[number >> ($0 * 2) & 3] })
                let expected = some.contains { phrase in
                    text.indices.contains { text[$0...].hasPrefix(phrase) }
                }
                #expect(set.occurs(in: text) == expected, "\(some) in \(text)")
            }
        }
    }
}
