/* Transforms of Winograd's F(4x4, 3x3) with the points 0, +-sqrt(1/2), +-sqrt(2) and infinity (Lavin and
 * Gray, "Fast algorithms for convolutional neural networks", 2015; these points, whose squares are 1/2 and 2,
 * lose less precision than 0, +-1, +-2). Part of gemm_body.h: lanes are eight tiles, or the rows of a panel
 * of weights. */

typedef float vec8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float reg8 __attribute__((vector_size(32)));

static const float P = 0.70710678118654752f, Q = 1.41421356237309505f;

/* B^T d of one row or column of six. */
#define WINO_INPUT(T, d0, d1, d2, d3, d4, d5, o0, o1, o2, o3, o4, o5)                                        \
    do {                                                                                                     \
        T e1 = d4 - 2.0f * d2, f1 = P * (d3 - 2.0f * d1), e2 = d4 - 0.5f * d2, f2 = Q * (d3 - 0.5f * d1);    \
        T z0 = d0 - 2.5f * d2 + d4, z5 = d5 - 2.5f * d3 + d1;                                                \
        o0 = z0;                                                                                             \
        o1 = e1 + f1;                                                                                        \
        o2 = e1 - f1;                                                                                        \
        o3 = e2 + f2;                                                                                        \
        o4 = e2 - f2;                                                                                        \
        o5 = z5;                                                                                             \
    } while (0)

static void wino_input(float *out, int64_t out_step, const float *src, int64_t pitch, const int64_t *at)
{
    reg8 d[6][8], v[6][6];
    float block[64];
    for (int r = 0; r < 6; r++) {
        float rows[64];
        for (int t = 0; t < 8; t++)
            *(vec8 *)(rows + t * 8) = *(const vec8 *)(src + at[t] + r * pitch);
        transpose_block(block, 8, rows, 8);
        for (int j = 0; j < 6; j++)
            d[r][j] = *(const vec8 *)(block + j * 8);
    }
#pragma GCC unroll 6
    for (int r = 0; r < 6; r++)
        WINO_INPUT(reg8, d[r][0], d[r][1], d[r][2], d[r][3], d[r][4], d[r][5], v[r][0], v[r][1], v[r][2],
                   v[r][3], v[r][4], v[r][5]);
#pragma GCC unroll 6
    for (int j = 0; j < 6; j++) {
        reg8 o[6];
        WINO_INPUT(reg8, v[0][j], v[1][j], v[2][j], v[3][j], v[4][j], v[5][j], o[0], o[1], o[2], o[3], o[4],
                   o[5]);
#pragma GCC unroll 6
        for (int i = 0; i < 6; i++)
            *(vec8 *)(out + (i * 6 + j) * out_step) = o[i];
    }
}

static void wino_output(float *out, const float *m, int64_t m_step, float bias)
{
    reg8 u[4][6], y[4][4];
#pragma GCC unroll 6
    for (int j = 0; j < 6; j++) {
        reg8 a[6];
#pragma GCC unroll 6
        for (int i = 0; i < 6; i++)
            a[i] = *(const vec8 *)(m + (i * 6 + j) * m_step);
        reg8 s1 = a[1] + a[2], q1 = P * (a[1] - a[2]), s2 = a[3] + a[4], q2 = Q * (a[3] - a[4]);
        u[0][j] = a[0] + s1 + s2;
        u[1][j] = q1 + q2;
        u[2][j] = 0.5f * s1 + 2.0f * s2;
        u[3][j] = 0.5f * q1 + 2.0f * q2 + a[5];
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        reg8 s1 = u[i][1] + u[i][2], q1 = P * (u[i][1] - u[i][2]), s2 = u[i][3] + u[i][4],
             q2 = Q * (u[i][3] - u[i][4]);
        y[i][0] = u[i][0] + s1 + s2 + bias;
        y[i][1] = q1 + q2 + bias;
        y[i][2] = 0.5f * s1 + 2.0f * s2 + bias;
        y[i][3] = 0.5f * q1 + 2.0f * q2 + u[i][5] + bias;
    }
    for (int half = 0; half < 2; half++) {
        float block[64];
        for (int i = 0; i < 8; i++)
            *(vec8 *)(block + i * 8) = y[half * 2 + i / 4][i % 4];
        transpose_block(out + half * 8, 16, block, 8);
    }
}

/* G g G^T; lanes are the MR rows of a panel. */
static void wino_weights(float *out, int64_t out_step, const float *g)
{
    typedef float regm __attribute__((vector_size(MR * 4)));
    typedef float vecm __attribute__((vector_size(MR * 4), aligned(4), may_alias));
    regm t[6][3];
    const float third = -2.0f / 3.0f, sixth = 1.0f / 6.0f;
#pragma GCC unroll 3
    for (int j = 0; j < 3; j++) {
        regm a = *(const vecm *)(g + j * MR), b = *(const vecm *)(g + (3 + j) * MR),
             c = *(const vecm *)(g + (6 + j) * MR);
        regm e1 = a + 0.5f * c, e2 = a + 2.0f * c;
        t[0][j] = a;
        t[1][j] = third * (e1 + P * b);
        t[2][j] = third * (e1 - P * b);
        t[3][j] = sixth * (e2 + Q * b);
        t[4][j] = sixth * (e2 - Q * b);
        t[5][j] = c;
    }
#pragma GCC unroll 6
    for (int i = 0; i < 6; i++) {
        regm a = t[i][0], b = t[i][1], c = t[i][2], e1 = a + 0.5f * c, e2 = a + 2.0f * c;
        *(vecm *)(out + (i * 6 + 0) * out_step) = a;
        *(vecm *)(out + (i * 6 + 1) * out_step) = third * (e1 + P * b);
        *(vecm *)(out + (i * 6 + 2) * out_step) = third * (e1 - P * b);
        *(vecm *)(out + (i * 6 + 3) * out_step) = sixth * (e2 + Q * b);
        *(vecm *)(out + (i * 6 + 4) * out_step) = sixth * (e2 - Q * b);
        *(vecm *)(out + (i * 6 + 5) * out_step) = c;
    }
}
