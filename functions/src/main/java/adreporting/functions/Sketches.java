package adreporting.functions;

import org.apache.datasketches.hll.TgtHllType;
import org.apache.datasketches.hll.Union;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.functions.AggregateFunction;

/** What the aggregate functions of this package have in common: they add to a sketch and give it as BYTES. */
@FunctionHint(
        output = @DataTypeHint("BYTES"),
        accumulator = @DataTypeHint(value = "RAW", bridgedTo = Union.class, rawSerializer = UnionSerializer.class))
abstract class Sketches extends AggregateFunction<byte[], Union> {

    /** Binary logarithm of the number of registers; the standard error is 1.04 / sqrt(2^14). */
    static final int LG_K = 14;

    @Override
    public Union createAccumulator() {
        return new Union(LG_K);
    }

    /** The sketches of several tasks, into the first. */
    public void merge(Union into, Iterable<Union> others) {
        for (Union other : others) {
            into.update(other.getResult(TgtHllType.HLL_8));
        }
    }

    /** NULL of nothing, as SUM has it. */
    @Override
    public byte[] getValue(Union union) {
        return union.isEmpty() ? null : union.getResult(TgtHllType.HLL_4).toCompactByteArray();
    }
}
