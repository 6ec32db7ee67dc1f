package adreporting.functions;

import org.apache.datasketches.hll.Union;

/** DISTINCT_SKETCH(STRING): BYTES, a sketch of the distinct values; NULLs do not count. */
public final class DistinctSketch extends Sketches {

    public void accumulate(Union union, String value) {
        if (value != null) {
            union.update(value);
        }
    }
}
