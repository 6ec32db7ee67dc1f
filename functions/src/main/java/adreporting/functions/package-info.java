/**
 * Functions for SQL that count distinct things approximately, in little memory.
 *
 * <p>{@code DISTINCT_SKETCH(text)} and {@code SKETCH_UNION(sketch)} aggregate to a sketch, {@code SKETCH_ESTIMATE(sketch)}
 * says how many are in it. Sketches are BYTES: HyperLogLog of Apache DataSketches, which its libraries for Java, C++ and
 * Python can read. 2^14 registers, so the standard error is 0.8%, and a sketch has at most about 8 kB however many are in
 * it; those of fewer than about a thousand are smaller and nearly exact.
 *
 * <p>The estimate depends on what was counted and not on the order in which it came, nor on how the sketches were united.
 */
package adreporting.functions;
