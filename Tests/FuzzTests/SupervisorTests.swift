import Fuzzing
import Testing

/// The harness itself: a trap, a hang, a broken property and a leak each name their input.
struct SupervisorTests {
    /// The first input of seed 1 at which a target for these tests goes wrong.
    private func firstFault(from first: UInt64 = 0) -> UInt64 {
        var index = first
        while true {
            var random = FuzzRandom(seed: 1, index: index)
            if random.oneIn(50) { return index }
            index += 1
        }
    }

    @Test(arguments: [
        ("self-trap", "the process ended by signal"), ("self-hang", "no end after 1 s"),
        ("self-failure", "a property that does not hold"),
    ]) func faultsNameTheirInput(_ target: String, _ reason: String) throws {
        let index = firstFault()
        let arguments = ["--target", target, "--seed", "1", "--patience", target == "self-hang" ? "1" : "60"]
        let (status, text) = try FuzzProgram.run(arguments + ["--count", "\(index + 1)"])
        #expect(status == 1)
        #expect(text.contains("FAILED at index \(index): \(reason)"), "\(text)")
        let repeated = try FuzzProgram.run(arguments + ["--index", "\(index)"])
        #expect(repeated.status == 1)
        #expect(repeated.text.contains("FAILED at index \(index): \(reason)"), "\(repeated.text)")
        // All before it are well.
        #expect(try FuzzProgram.run(arguments + ["--count", "\(index)"]).status == 0)
    }

    /// After a trap the inputs behind its batch run.
    @Test func itGoesOnAfterATrap() throws {
        let first = firstFault()
        let second = firstFault(from: first + 1)
        let (_, text) = try FuzzProgram.run([
            "--target", "self-trap", "--seed", "1", "--count", "\(second + 2)",
        ])
        #expect(text.contains("FAILED at index \(first): ") && text.contains("FAILED at index \(second): "))
        #expect(text.hasPrefix("self-trap: \(second + 2) inputs of seed 1 "), "\(text)")
    }

    @Test func lostDescriptorsAreSeen() throws {
        let (status, text) = try FuzzProgram.run(["--target", "self-leak", "--seed", "1", "--count", "400"])
        #expect(status == 1 && text.contains(": descriptors are lost"), "\(text)")
    }

    @Test(arguments: [
        (["--target", "x"], "no target is called 'x'"),
        (["--count", "x"], "--count needs a number, not 'x'"),
        (["--seed"], "--seed needs a value"), (["--x", "1"], "unknown option '--x'"),
    ]) func wrongOptions(_ arguments: [String], _ reason: String) throws {
        let (status, text) = try FuzzProgram.run(arguments)
        #expect(status == 2 && text.hasPrefix("fuzz: \(reason)"), "\(text)")
    }

    @Test func outcomesHaveNoNumbers() throws {
        #expect(try Outcome.of("eth0: 17 bytes at 0x6000beef in 'x y'") == "eth#: # bytes at # in '…'")
        #expect(throws: FuzzFailure.self) { try Outcome.of("") }
        #expect(throws: FuzzFailure.self) { try Outcome.of("one\ntwo") }
        #expect(throws: FuzzFailure.self) { try Outcome.of("a", names: "b") }
    }
}
