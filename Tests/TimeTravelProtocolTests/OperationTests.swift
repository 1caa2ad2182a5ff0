import Testing
import TimeTravelProtocol

@Test func operationsHaveTheNumbersOfTheKernelsHeader() {
    let header: [(UInt32, String)] = [
        (0, "ACK"), (1, "START"), (2, "REQUEST"), (3, "WAIT"), (4, "GET"), (5, "UPDATE"), (6, "RUN"),
        (7, "FREE_UNTIL"), (8, "GET_TOD"), (9, "BROADCAST"),
    ]
    #expect(Operation.allCases.map(\.rawValue) == header.map(\.0))
    #expect(Operation.allCases.map(\.name) == header.map(\.1))
}

@Test(arguments: [10, 16, UInt32.max])
func aNumberNobodyDefinedIsNoOperation(code: UInt32) {
    #expect(Message(code: code, sequence: 1, time: 2).operation == nil)
}
