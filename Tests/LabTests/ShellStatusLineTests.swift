import Testing

@testable import Lab

/// The line below a shell keeps its place, whatever programs write.
struct ShellStatusLineTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func aProgramHasOneLineLess() {
        let line = ShellStatusLine(TerminalSize(rows: 24, columns: 80))
        #expect(line.rest == TerminalSize(rows: 23, columns: 80))
    }

    @Test func theTextIsShownOnceForEachChange() {
        var line = ShellStatusLine(TerminalSize(rows: 24, columns: 80))
        #expect(text(line.show("1 s")).contains("\u{1b}[24;1H\u{1b}[0;7m1 s"))
        #expect(line.show("1 s").isEmpty)
        #expect(text(line.show("2 s")).contains("2 s"))
    }

    @Test func nothingIsPutIntoAnEscapeSequence() {
        var line = ShellStatusLine(TerminalSize(rows: 24, columns: 80))
        _ = line.show("1 s")
        for part in ["\u{1b}", "\u{1b}[3", "\u{1b}]0;title", "\u{1b}(", "\u{1b}]0;t\u{1b}"] {
            var other = line
            #expect(text(other.pass(Array(part.utf8))) == part)
            #expect(other.show("2 s").isEmpty)
        }
    }

    @Test func theRegionComesBackAfterAReset() {
        for reset in ["\u{1b}c", "\u{1b}[r", "\u{1b}[1;24r", "\u{1b}[?1049h", "\u{1b}[!p"] {
            var line = ShellStatusLine(TerminalSize(rows: 24, columns: 80))
            _ = line.show("1 s")
            let passed = text(line.pass(Array(reset.utf8)))
            #expect(passed.hasPrefix(reset) && passed.contains("\u{1b}[1;23r") && passed.contains("1 s"))
        }
        // The screen is erased, and the line with it.
        var line = ShellStatusLine(TerminalSize(rows: 24, columns: 80))
        _ = line.show("1 s")
        #expect(text(line.pass(Array("\u{1b}[2J".utf8))).contains("1 s"))
        #expect(text(line.pass(Array("\u{1b}[31mred".utf8))) == "\u{1b}[31mred")
    }

    @Test func aLongTextIsCut() {
        var line = ShellStatusLine(TerminalSize(rows: 24, columns: 10))
        #expect(
            text(line.show(String(repeating: "x", count: 50))).contains(
                "m" + String(repeating: "x", count: 9) + "\u{1b}"))
    }
}

/// When a program runs that gdb debugs.
struct RemoteProtocolScannerTests {
    @Test func aProgramRunsFromItsResumptionToItsStop() {
        var scanner = RemoteProtocolScanner()
        func host(_ text: String) -> Bool { scanner.scanHost(Array(text.utf8)) }
        func target(_ text: String) -> Bool { scanner.scanTarget(Array(text.utf8)) }
        #expect(!host("$qSupported:swbreak+#00$vCont?#49"))
        #expect(!target("$T0506:0*,#00"))
        // In two parts.
        #expect(!host("+$vCont;c"))
        #expect(host(":p1.-1#0f"))
        #expect(!target("$O48656c6c6f#00"))
        #expect(target("$T05swbreak:;#00"))
        #expect(!target("$T05swbreak:;#00"))
        #expect(host("$s#73"))
        #expect(target("$W00#b7"))
    }
}
